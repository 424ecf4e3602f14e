"""ministack's side of the comparison: the emulator itself, a Lambda function per fake task, and the
HTTP server that plays the scripted answers. Everything binds to the loopback interface."""

import http.server
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import zipfile

import boto3
from botocore.config import Config

TOKEN_KEYS = ("token", "taskToken", "TaskToken")

# Runs inside the emulated Lambda as a custom runtime (the kind our own functions use): it asks the
# script what to do and answers the Runtime API accordingly. A custom runtime names its own error
# types; with the python runtimes ministack would call every error Runtime.HandlerError.
BOOTSTRAP = """#!PYTHON
import json, os, urllib.request
def post(url, value):
    body = json.dumps(value).encode()
    with urllib.request.urlopen(url, data=body, timeout=60) as answer:
        return answer.read()
base = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(base + "next") as asked:
        request, event = asked.headers["Lambda-Runtime-Aws-Request-Id"], json.load(asked)
    question = {"function": os.environ["FAKE_FUNCTION"], "payload": event}
    told = json.loads(post(os.environ["FAKE_URL"], question))
    if "error" in told:
        error = {"errorMessage": told["error"]["message"], "errorType": told["error"]["type"]}
        post(base + request + "/error", error)
    else:
        post(base + request + "/response", told["return"])
""".replace("PYTHON", sys.executable)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def within(part, whole):
    """Whether every member of part is in whole, at any depth."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and within(value, whole[key]) for key, value in part.items())
    return part == whole


def find_token(payload):
    if isinstance(payload, dict):
        for key in TOKEN_KEYS:
            if isinstance(payload.get(key), str):
                return payload[key]
        payload = list(payload.values())
    if isinstance(payload, list):
        return next(filter(None, map(find_token, payload)), None)
    return None


class FakeTasks:
    """Plays the answers of one case at a time."""

    def __init__(self):
        self.lock = threading.Lock()
        self.answers = {}
        self.complaints = []
        self.sfn = None
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body = json.dumps(fake.answer(asked["function"], asked["payload"])).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except BrokenPipeError:
                    pass  # The task has timed out and nobody listens any more.

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def load(self, tasks):
        with self.lock:
            self.answers = json.loads(json.dumps(tasks))
            self.complaints = []

    def pick(self, function, payload):
        with self.lock:
            answers = self.answers.get(function, [])
            for at, answer in enumerate(answers):
                if "when" not in answer or within(answer["when"], payload):
                    return answer if answer.get("repeat") else answers.pop(at)
            self.complaints.append(f"no answer left for {function} {json.dumps(payload)}")
            return {"error": {"type": "NotScripted", "message": "no answer left"}}

    def answer(self, function, payload):
        answer = self.pick(function, payload)
        time.sleep(answer.get("delay_seconds", 0))
        plan = answer.get("token")
        if plan:
            early = plan.get("before_return", False)
            delay = 0 if early else plan.get("delay_seconds", 0) + 0.05
            self.use_token(plan, find_token(payload), delay)
        if "error" in answer:
            return {"error": answer["error"]}
        return {"return": answer.get("return")}

    def use_token(self, plan, token, delay):
        def send():
            if "success" in plan:
                self.sfn.send_task_success(taskToken=token, output=json.dumps(plan["success"]))
            if "failure" in plan:
                failure = plan["failure"]
                self.sfn.send_task_failure(
                    taskToken=token, error=failure["error"], cause=failure["cause"]
                )

        if plan.get("before_return"):
            send()
            return
        for beat in plan.get("heartbeats_at_seconds", []):
            threading.Timer(
                beat, lambda: self.sfn.send_task_heartbeat(taskToken=token)
            ).start()
        threading.Timer(delay, send).start()


class Ministack:
    """The emulator as a process of its own, with its clients."""

    def __init__(self, fake):
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        self.fake = fake
        self.functions = set()
        self.log = tempfile.TemporaryFile()
        self.scratch = tempfile.TemporaryDirectory(prefix="oracle-", ignore_cleanup_errors=True)
        env = {
            **os.environ,
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "EDGE_PORT": str(port),
            "PORT": str(port),
            "SFN_WAIT_SCALE": "0.01",
            "LAMBDA_EXECUTOR": "local",
            "PERSIST_STATE": "0",
            "TMPDIR": self.scratch.name,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            env=env, stdout=self.log, stderr=self.log, start_new_session=True,
        )
        self.wait_until_up()
        common = {
            "endpoint_url": self.endpoint,
            "region_name": "us-east-1",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "config": Config(retries={"max_attempts": 1}),
        }
        self.sfn = boto3.client("stepfunctions", **common)
        self.awslambda = boto3.client("lambda", **common)
        fake.sfn = self.sfn

    def wait_until_up(self):
        for _ in range(300):
            if self.process.poll() is not None:
                self.log.seek(0)
                sys.exit("ministack did not start:\n" + self.log.read().decode()[-2000:])
            try:
                urllib.request.urlopen(self.endpoint + "/_ministack/health", timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        sys.exit("ministack did not answer within 30 s")

    def stop(self):
        """Ends the emulator and the workers that it started (they share its process group)."""
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.scratch.cleanup()

    def ensure_function(self, name):
        if name in self.functions:
            return
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as content:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            content.writestr(entry, BOOTSTRAP)
        self.awslambda.create_function(
            FunctionName=name,
            Runtime="provided.al2023",
            Role="arn:aws:iam::000000000000:role/oracle",
            Handler="bootstrap",
            Timeout=60,
            Code={"ZipFile": archive.getvalue()},
            Environment={"Variables": {"FAKE_URL": self.fake.url, "FAKE_FUNCTION": name}},
        )
        self.functions.add(name)

    def run(self, case):
        """Runs a case to its end and gives {status, output, error, cause, history}."""
        for function in case.get("tasks", {}):
            self.ensure_function(function)
        self.fake.load(case.get("tasks", {}))
        machine = self.sfn.create_state_machine(
            name=case["machine_name"],
            definition=json.dumps(case["machine"]),
            roleArn="arn:aws:iam::000000000000:role/oracle",
        )["stateMachineArn"]
        arn = self.sfn.start_execution(
            stateMachineArn=machine, name="case", input=json.dumps(case["input"])
        )["executionArn"]
        for _ in range(600):
            described = self.sfn.describe_execution(executionArn=arn)
            if described["status"] != "RUNNING":
                break
            time.sleep(0.05)
        else:
            raise RuntimeError(
                "still running in ministack after 30 s; " + "; ".join(self.fake.complaints)
            )
        events = []
        page = {"executionArn": arn, "maxResults": 1000}
        while True:
            answer = self.sfn.get_execution_history(**page)
            events += [event["type"] for event in answer["events"]]
            if "nextToken" not in answer:
                break
            page["nextToken"] = answer["nextToken"]
        succeeded = described["status"] == "SUCCEEDED"
        return {
            "status": described["status"],
            "output": json.loads(described["output"]) if succeeded else None,
            "error": described.get("error"),
            "cause": described.get("cause"),
            "history": events,
            "complaints": list(self.fake.complaints),
        }
