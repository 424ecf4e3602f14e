#!/usr/bin/env python3
"""Runs every case through our interpreter and through ministack and compares status, output, error
and the order of history event types.

    compare.py <path of the built run_machine example> [--only NAME] [--verbose]

Exits with 1 when a case differs; prints `N passed, M failed`. Cases: see README.md.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

from exceptions import EXCEPTIONS
from order import admits, partial_order
from world import FakeTasks, Ministack

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent


def load(path):
    case = json.loads(path.read_text())
    case["machine_name"] = "oracle-" + path.stem
    if "machine_file" in case:
        text = (REPOSITORY / case["machine_file"]).read_text()
        for name, value in case.get("substitutions", {}).items():
            text = text.replace("${" + name + "}", value)
        if "${" in text:
            left = sorted(set(re.findall(r"\$\{(\w+)\}", text)))
            sys.exit(f"{path.name}: substitutions are missing: {left}")
        case["machine"] = json.loads(text)
    return case


def run_ours(program, case):
    done = subprocess.run(
        [program, "-"], input=json.dumps(case), capture_output=True, text=True, timeout=60
    )
    if done.returncode != 0:
        raise RuntimeError("our interpreter: " + done.stderr.strip())
    report = json.loads(done.stdout)
    report["events"] = partial_order(report.pop("history"))
    return report


def plain_errors(value):
    """The JSON of a failed Lambda without its stack trace, which is the runtime's affair. Applied
    to both sides, in every string."""
    if isinstance(value, dict):
        return {key: plain_errors(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain_errors(inner) for inner in value]
    if isinstance(value, str) and value.startswith("{"):
        try:
            error = json.loads(value)
        except json.JSONDecodeError:
            return value
        if {"errorType", "errorMessage"} <= error.keys():
            return f"{error['errorType']}: {error['errorMessage']}"
    return value


def shown(report):
    events = [(event.kind, event.lane, sorted(event.before)) for event in report["events"]]
    return json.dumps({**report, "events": events}, sort_keys=True)


def differences(case, ours, theirs):
    found = list(theirs["complaints"])
    for exception in case.get("exceptions", []):
        if not exception.get("reason"):
            found.append(f"the exception {exception['name']} has no reason")
        applied = EXCEPTIONS[exception["name"]](ours)
        if shown(applied) == shown(ours):
            found.append(f"the exception {exception['name']} changes nothing: remove it")
        ours = applied
    fields = ["status", "output", "error"] + ([] if ours.get("any_cause") else ["cause"])
    for field in fields:
        our, their = plain_errors(ours[field]), plain_errors(theirs[field])
        if our != their:
            found.append(f"{field}: ours {json.dumps(our)}, ministack {json.dumps(their)}")
    if not admits(ours["events"], theirs["history"]):
        found.append("order of events:\n      ours      " + " ".join(
            event.kind + (f"[{event.lane}]" if event.lane else "") for event in ours["events"]
        ) + "\n      ministack " + " ".join(theirs["history"]))
    wanted = case.get("expect_status")
    if wanted and wanted != ours["status"]:
        found.append(f"the case is about {wanted}, but ended {ours['status']}")
    return found


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("--only")
    arguments.add_argument("--verbose", action="store_true")
    arguments = arguments.parse_args()
    paths = sorted((HERE / "cases").glob("*.json"))
    if arguments.only:
        paths = [path for path in paths if path.stem == arguments.only]
    if not paths:
        sys.exit("there are no cases")
    failed = 0
    ministack = Ministack(FakeTasks())
    try:
        for path in paths:
            case = load(path)
            try:
                ours = run_ours(arguments.program, case)
                theirs = ministack.run(case)
                found = differences(case, ours, theirs)
            except RuntimeError as error:
                found = [str(error)]
            failed += bool(found)
            if found or arguments.verbose:
                print(f"{'FAILED' if found else 'passed'}  {path.stem}")
            for difference in found:
                print(f"    {difference}")
    finally:
        ministack.stop()
    print(f"{len(paths) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
