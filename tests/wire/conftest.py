"""What the tests share: a running simulator, clients that check every response, its control.

The tests start nothing. DR_SIM_URL names a `dr-sim` with an estate of at least 8 servers and
manual time (`--servers 24 --seed 1 --speed manual`).
"""

import json
import os
import urllib.error
import urllib.request
from contextlib import contextmanager

import boto3
import botocore.config
import botocore.model
import pytest

from errors import check_error
from strict import check_output

PRIMARY = ("111122223333", "us-east-1")
RECOVERY = ("444455556666", "us-west-2")


class Recorder:
    """Every response of every client: what was called, and what differs from the model."""

    def __init__(self):
        self.answered = set()
        self.refused = set()
        self.differences = []

    def see(self, operation_model, response_dict, **_):
        name = (operation_model.service_model.signing_name, operation_model.name)
        status = response_dict["status_code"]
        body = response_dict["body"]
        headers = {k.lower(): v for k, v in response_dict["headers"].items()}
        if not headers.get("x-amzn-requestid"):
            self.differences.append(f"{name}: no x-amzn-requestid")
        if status < 300:
            self.answered.add(name)
            found = check_output(operation_model, status, headers, body)
        else:
            self.refused.add(name)
            found = check_error(operation_model, status, headers, body)
        self.differences.extend(found)


class Control:
    """`/_sim`, beside the AWS wire."""

    def __init__(self, url):
        self.url = url

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/_sim/{path}",
            data=data,
            method=method,
            headers={"content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                text = response.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read()!r}") from error
        return json.loads(text) if text else None

    def advance(self, seconds):
        return self.ask("POST", "clock", {"seconds": seconds})

    def command(self, command, **facts):
        return self.ask("POST", "commands", {"command": command, **facts})

    def fault(self, service, operation, kind, nth=1, times=1):
        fault = {"service": service, "operation": operation, "nth": nth, "times": times}
        return self.ask("POST", "faults", {**fault, "kind": kind})

    def clear(self):
        return self.ask("DELETE", "faults")


@pytest.fixture(scope="session")
def url():
    value = os.environ.get("DR_SIM_URL")
    if not value:
        pytest.exit("DR_SIM_URL does not name a running dr-sim", returncode=2)
    return value.rstrip("/")


@pytest.fixture(scope="session")
def sim(url):
    return Control(url)


@pytest.fixture(scope="session")
def recorder():
    return Recorder()


@pytest.fixture(scope="session")
def pristine(sim):
    """The world as the tests found it."""
    return sim.ask("GET", "world")


@pytest.fixture(scope="module", autouse=True)
def fresh_world(sim, pristine):
    """Every file of tests begins in the world that the simulator was started with."""
    sim.clear()
    sim.ask("PUT", "world", pristine)
    yield


@pytest.fixture(autouse=True)
def nothing_differs(recorder):
    """Fails a test in which any response differed from the model."""
    recorder.differences.clear()
    yield
    if recorder.differences:
        pytest.fail("\n".join(sorted(set(recorder.differences))), pytrace=False)


@contextmanager
def speaking(protocol):
    """Makes botocore choose this protocol where a service speaks several."""
    usual = botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS
    if protocol:
        botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS = (protocol, *usual)
    try:
        yield
    finally:
        botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS = usual


@pytest.fixture(scope="session")
def clients(url, recorder):
    """Makes checked clients: `clients("drs", RECOVERY)`. botocore validates what is sent."""
    made = {}

    def make(service, place=RECOVERY, key=None, secret="secret", token=None, timeout=30, protocol=None):
        account, region = place
        access_key = key or f"AKIA{account}"
        known = (service, region, access_key, token, timeout, protocol)
        if known not in made:
            session = boto3.session.Session(
                aws_access_key_id=access_key,
                aws_secret_access_key=secret,
                aws_session_token=token,
                region_name=region,
            )
            config = botocore.config.Config(
                parameter_validation=True,
                retries={"total_max_attempts": 1},
                read_timeout=timeout,
            )
            with speaking(protocol):
                client = session.client(service, endpoint_url=url, config=config)
            client.meta.events.register("before-parse", recorder.see)
            made[known] = client
        return made[known]

    return make


def pytest_collection_modifyitems(items):
    """The test that looks at what the others have covered comes last."""
    items.sort(key=lambda item: "coverage" in item.nodeid)
