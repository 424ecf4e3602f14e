"""Where ministack is known to differ from the service. A case names each difference that it meets,
with the reason; here stands what the name means. Each function takes our report and gives it as
ministack would show it. A named exception that changes nothing is an error: it is stale."""

from order import without


def _drop(report, unwanted):
    return {**report, "events": without(report["events"], unwanted)}


def no_task_started(report):
    """ministack records neither TaskStarted nor TaskSubmitted."""
    return _drop(report, lambda event: event.kind in {"TaskStarted", "TaskSubmitted"})


def no_fork_events(report):
    """ministack records nothing of a Parallel or Map between its Entered and its Exited event."""
    kinds = {
        f"{kind}{what}"
        for kind in ("ParallelState", "MapState", "MapIteration")
        for what in ("Started", "Succeeded", "Failed", "Aborted")
    }
    return _drop(report, lambda event: event.kind in kinds)


def no_inner_state_events(report):
    """Inside branches and iterations ministack records task events only."""
    return _drop(
        report, lambda event: event.lane and event.kind.endswith(("StateEntered", "StateExited"))
    )


def timeout_is_task_failed(report):
    """ministack records a task's timeout as TaskFailed."""
    events = without(report["events"], lambda _: False)
    for event in events:
        if event.kind == "TaskTimedOut":
            event.kind = "TaskFailed"
    return {**report, "events": events}


def no_executed_version(report):
    """ministack's lambda:invoke result has no ExecutedVersion."""

    def strip(value):
        if isinstance(value, dict):
            return {key: strip(inner) for key, inner in value.items() if key != "ExecutedVersion"}
        return [strip(inner) for inner in value] if isinstance(value, list) else value

    return {**report, "output": strip(report["output"])}


def no_choice_matched(report):
    """ministack calls a Choice without a match States.NoChoiceMatched, a name that the developer
    guide reserves for future use."""
    if report["error"] != "States.Runtime":
        return report
    return {**report, "error": "States.NoChoiceMatched"}


def cause_wording(report):
    """The words of a cause that the interpreter itself makes are not part of the contract."""
    return {**report, "cause": None, "any_cause": True}


EXCEPTIONS = {
    function.__name__: function
    for function in (
        no_task_started,
        no_fork_events,
        no_inner_state_events,
        timeout_is_task_failed,
        no_executed_version,
        no_choice_matched,
        cause_wording,
    )
}
