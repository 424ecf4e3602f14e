"""The order of history events. Within a lane (the machine itself, a branch, an iteration) the order
is fixed; between lanes that run at the same time it is free. So one side is taken as a partial
order, and the other must be one of the ways to write it down in a line."""

FORKS = {"ParallelStateStarted", "MapStateStarted"}
JOINS = {
    "ParallelStateSucceeded", "ParallelStateFailed", "MapStateSucceeded", "MapStateFailed",
}


class Event:
    def __init__(self, kind, lane, before):
        self.kind = kind
        self.lane = lane  # 0 is the machine itself
        self.before = before  # the events that must come earlier, by index


class Lane:
    def __init__(self, parent, number):
        self.parent = parent
        self.number = number
        self.latest = None  # its latest event, by index
        self.children = []  # lanes of the fork that is open


def partial_order(history):
    """Events with their lanes, from `[{id, previous, type}]`."""
    lanes = [Lane(None, 0)]
    lane_of, index_of, events = {}, {}, []
    kind_of = {event["id"]: event["type"] for event in history}
    for event in history:
        previous, kind = event["previous"], event["type"]
        lane = lane_of.get(previous, lanes[0])
        if kind.startswith("Execution"):
            lane = lanes[0]
        elif kind in JOINS:
            if kind_of.get(previous) not in FORKS:
                lane = lane.parent
        elif kind_of.get(previous) in FORKS:
            lane = Lane(lane_of[previous], len(lanes))
            lane.parent.children.append(lane)
            lanes.append(lane)
        before = set()
        if lane.latest is not None:
            before.add(lane.latest)
        elif previous in index_of:
            before.add(index_of[previous])
        if kind in JOINS or kind.startswith("Execution"):
            before |= {child.latest for child in lane.children if child.latest is not None}
            lane.children = []
        lane.latest = len(events)
        lane_of[event["id"]], index_of[event["id"]] = lane, len(events)
        events.append(Event(kind, lane.number, before))
    return events


def without(events, unwanted):
    """Drops the events for which `unwanted(event)` holds and keeps the order of the others."""
    kept, places, befores = [], {}, []
    for index, event in enumerate(events):
        before = set()
        for earlier in event.before:
            before |= {places[earlier]} if earlier in places else befores[earlier]
        befores.append(before)
        if not unwanted(event):
            places[index] = len(kept)
            kept.append(Event(event.kind, event.lane, before))
    return kept


def admits(events, line):
    """Whether the line of event types is one way to write the partial order down."""
    if len(events) != len(line):
        return False
    dead = set()

    def go(done, at):
        if at == len(line):
            return True
        if done in dead:
            return False
        for index, event in enumerate(events):
            if index not in done and event.kind == line[at] and event.before <= done:
                if go(done | {index}, at + 1):
                    return True
        dead.add(done)
        return False

    return go(frozenset(), 0)
