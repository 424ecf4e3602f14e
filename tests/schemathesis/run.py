"""Hostile input, generated from the OpenAPI document, against the one-machine server: no server error, and nothing
that the document does not say.

Takes from the environment: DR_URL, the server; DR_LOG, what it printed at its start. DR_EXAMPLES and DR_SEED change
how much is tried per operation, and what."""

import json
import os
import subprocess
import sys
from pathlib import Path

from fleet import Api, build, sign_in

HERE = Path(__file__).resolve().parent
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "ignored_auth",
]


def main():
    url = os.environ["DR_URL"]
    token = sign_in(url, os.environ["DR_LOG"], "admin")
    known = build(Api(url, token))
    command = [
        "schemathesis",
        "run",
        str(HERE.parent.parent / "api" / "openapi.json"),
        "--url",
        url,
        "--header",
        f"Authorization: Bearer {token}",
        "--checks",
        ",".join(CHECKS),
        "--phases",
        "examples,coverage,fuzzing",
        "--mode",
        "all",
        "--max-examples",
        os.environ.get("DR_EXAMPLES", "30"),
        "--seed",
        os.environ.get("DR_SEED", "1"),
        "--generation-database",
        "none",
        "--continue-on-failure",
        "--request-timeout",
        "30",
        "--suppress-health-check",
        "all",
        "--warnings",
        "off",
        "--no-color",
    ]
    environment = dict(
        os.environ,
        DR_KNOWN_IDS=json.dumps(known),
        SCHEMATHESIS_HOOKS="hooks",
        PYTHONPATH=str(HERE),
    )
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
