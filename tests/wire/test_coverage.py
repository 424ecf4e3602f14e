"""Runs last: an operation that the simulator offers and no test has called successfully, or a
service that was never seen refusing anything, is a failure."""

from pathlib import Path

import pytest


def test_every_simulated_operation_was_answered_once(sim, recorder, request):
    here = {path.name for path in Path(__file__).parent.glob("test_*.py")}
    ran = {item.path.name for item in request.session.items}
    options = request.config.option
    if ran != here or options.keyword or options.markexpr or any("::" in a for a in options.file_or_dir):
        pytest.skip("only some of the tests were asked for")
    operations = sim.ask("GET", "operations")
    offered = {(service, name) for service, names in operations.items() for name in names}
    assert offered, "the simulator offers nothing"
    untested = sorted(offered - recorder.answered)
    assert not untested, f"no test calls {untested}"
    silent = sorted({s for s, _ in offered} - {s for s, _ in recorder.refused})
    assert not silent, f"no test sees an error of {silent}"
