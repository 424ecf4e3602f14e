"""The comparison of orders, tried on its own: `python -m unittest` in this folder."""

import unittest

from order import admits, partial_order, without


def history(*events):
    return [{"id": i, "previous": p, "type": kind} for i, (p, kind) in enumerate(events, 1)]


TWO_LANES = history(
    (0, "ExecutionStarted"),
    (1, "ParallelStateStarted"),
    (2, "A1"), (3, "A2"),
    (2, "B1"), (5, "B2"),
    (6, "ParallelStateSucceeded"),
    (7, "ExecutionSucceeded"),
)
ENDS = "ParallelStateSucceeded", "ExecutionSucceeded"
START = "ExecutionStarted", "ParallelStateStarted"


class OrderTest(unittest.TestCase):
    def test_lanes_may_interleave(self):
        events = partial_order(TWO_LANES)
        for middle in (("A1", "A2", "B1", "B2"), ("B1", "A1", "B2", "A2"), ("B1", "B2", "A1", "A2")):
            self.assertTrue(admits(events, [*START, *middle, *ENDS]), middle)

    def test_the_order_within_a_lane_is_fixed(self):
        events = partial_order(TWO_LANES)
        self.assertFalse(admits(events, [*START, "A2", "A1", "B1", "B2", *ENDS]))

    def test_a_join_comes_after_all_lanes(self):
        events = partial_order(TWO_LANES)
        line = [*START, "B1", "B2", "A1", "ParallelStateSucceeded", "A2", "ExecutionSucceeded"]
        self.assertFalse(admits(events, line))

    def test_nothing_may_be_missing_or_more(self):
        events = partial_order(TWO_LANES)
        self.assertFalse(admits(events, [*START, "A1", "A2", "B1", *ENDS]))
        self.assertFalse(admits(events, [*START, "A1", "A2", "B1", "B2", "B2", *ENDS]))

    def test_dropping_events_keeps_the_order_of_the_others(self):
        events = without(
            partial_order(TWO_LANES), lambda e: e.kind.startswith("Parallel") or e.kind == "A1"
        )
        line = ["ExecutionStarted", "B1", "A2", "B2", "ExecutionSucceeded"]
        self.assertTrue(admits(events, line))
        self.assertFalse(admits(events, ["A2", "ExecutionStarted", *line[1:2], *line[3:]]))
        self.assertFalse(admits(events, ["ExecutionStarted", "B2", "A2", "B1", "ExecutionSucceeded"]))


if __name__ == "__main__":
    unittest.main()
