"""Direct invocation by boto3: a few operations of each function, and what is refused, against the one-machine server.

Takes from the environment: DR_URL, the server; DR_LOG, what it printed at its start."""

import json
import os
import re
import unittest

import boto3
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "us-west-2"
PRIMARY = {"account_id": "111122223333", "region": "us-east-1"}
RECOVERY = {"account_id": "444455556666", "region": REGION}
DIRECTION = {"primary": PRIMARY, "recovery": RECOVERY}
PLACES = {
    "primary_account_id": PRIMARY["account_id"],
    "primary_region": PRIMARY["region"],
    "dr_account_id": RECOVERY["account_id"],
    "dr_region": RECOVERY["region"],
}
FUNCTIONS = ("data-management", "execution", "query")
# Longer than any answer may take: API Gateway gives up after 29 s.
TIMEOUT_S = 30


def printed(pattern):
    """What the server said of itself at its start."""
    with open(os.environ["DR_LOG"], encoding="utf-8") as lines:
        found = re.search(pattern, lines.read(), re.MULTILINE)
    if not found:
        raise SystemExit(f"{os.environ['DR_LOG']} has no {pattern}")
    return found.group(1)


def client(key=None):
    return boto3.client(
        "lambda",
        endpoint_url=os.environ["DR_URL"],
        region_name=REGION,
        aws_access_key_id=key or printed(r"access key id\s+(\S+)"),
        aws_secret_access_key="any",
        config=Config(retries={"max_attempts": 0}, read_timeout=TIMEOUT_S),
    )


def token():
    body = {"username": "admin", "password": printed(r"^\s+admin\s+(\S+)$")}
    url = os.environ["DR_URL"] + "/auth/sign-in"
    answered = requests.post(url, json=body, timeout=TIMEOUT_S)
    answered.raise_for_status()
    return answered.json()["id_token"]


class Functions(unittest.TestCase):
    """Each test stands alone, on what the server has from its start."""

    @classmethod
    def setUpClass(cls):
        cls.functions = client()

    def event(self, function, event, **more):
        """The answer to any event, and whether the function failed."""
        answered = self.functions.invoke(
            FunctionName=function, Payload=json.dumps(event).encode(), **more
        )
        self.assertEqual(answered["ResponseMetadata"]["HTTPStatusCode"], answered["StatusCode"])
        text = answered["Payload"].read()
        return (json.loads(text) if text else None), answered.get("FunctionError")

    def call(self, function, operation, body=None):
        answer, failed = self.event(function, {"operation": operation, "body": body or {}})
        self.assertIsNone(failed, answer)
        return answer

    def done(self, function, operation, body=None):
        answer = self.call(function, operation, body)
        self.assertNotIn("error", answer)
        return answer

    def refused(self, function, operation, body, code):
        answer = self.call(function, operation, body)
        error = answer["error"]
        self.assertEqual(error["code"], code, error)
        self.assertTrue(error["message"])
        self.assertTrue(error["request_id"])
        return error

    def test_query_lists_servers_matches_and_reads_quotas(self):
        servers = self.done("query", "list_source_servers", dict(RECOVERY, limit=5))
        self.assertEqual((servers["total"], len(servers["source_servers"])), (24, 5))
        rest = dict(RECOVERY, limit=1000, next_token=servers["next_token"])
        self.assertEqual(len(self.done("query", "list_source_servers", rest)["source_servers"]), 19)
        matched = self.done("query", "match_instances_by_name", dict(PLACES, fuzzy_matching_tolerance=0.2))
        self.assertEqual(matched["matched_count"], 23)
        quotas = self.done("query", "get_quotas", RECOVERY)["quotas"]
        self.assertIn("concurrent_jobs", [quota["name"] for quota in quotas])

    def test_data_management_makes_changes_and_deletes_a_group(self):
        group = {"name": "by boto3", "direction": DIRECTION, "selection": {"tags": {"Tier": "web"}}}
        made = self.done("data-management", "create_protection_group", group)
        named = {"group_id": made["id"]}
        self.refused("data-management", "create_protection_group", group, "NAME_TAKEN")
        pairs = self.done("data-management", "configure_instance_pairs", named)["pairs"]
        self.assertEqual({pair["group_id"] for pair in pairs}, {made["id"]})
        preview = dict(named, auto_configure=False)
        preview = self.done("data-management", "configure_allow_launching", preview)
        self.assertTrue(preview["preview"])
        self.assertEqual(preview["updated_count"], 0)
        stale = dict(named, description="x", version=made["version"] + 7)
        self.refused("data-management", "update_protection_group", stale, "VERSION_CONFLICT")
        self.assertEqual(self.done("data-management", "delete_protection_group", named), {"deleted": made["id"]})
        self.refused("data-management", "get_protection_group", named, "NOT_FOUND")

    def test_execution_shows_what_a_drill_would_do_starts_it_once_and_cancels_it(self):
        group = {"name": "to drill", "direction": DIRECTION, "selection": {"tags": {"Tier": "db"}}}
        group_id = self.done("data-management", "create_protection_group", group)["id"]
        pairs = {"group_id": group_id, "fuzzy_matching_tolerance": 0.2}
        self.done("data-management", "configure_instance_pairs", pairs)
        wave = {"name": "all", "group_ids": [group_id], "pause_before": True}
        plan = self.done("data-management", "create_recovery_plan", {"name": "drill", "waves": [wave]})
        start = {"plan_id": plan["id"], "execution_type": "DRILL", "skip_invalid_servers": True}
        dry = self.done("execution", "start_execution", dict(start, dry_run=True))
        self.assertIsNone(dry["execution_id"])
        self.assertEqual(dry["total_servers"], 8)
        start["client_token"] = "by-boto3-once"
        first = self.done("execution", "start_execution", start)
        again = self.done("execution", "start_execution", start)
        self.assertEqual(first["execution_id"], again["execution_id"])
        named = {"execution_id": first["execution_id"]}
        status = self.done("query", "get_allow_launching_status", named)
        self.assertTrue(status["is_drill"])
        cancelled = self.done("execution", "cancel_execution", dict(named, reason="A test"))
        self.assertIn(cancelled["status"], ("CANCELLING", "CANCELLED"))
        listed = self.done("execution", "list_executions")["executions"]
        self.assertIn(first["execution_id"], [one["execution_id"] for one in listed])
        self.refused("data-management", "delete_protection_group", {"group_id": group_id}, "GROUP_IN_USE")

    def test_the_answer_is_that_of_the_rest_api(self):
        headers = {"authorization": f"Bearer {token()}"}
        url = os.environ["DR_URL"]
        for function, operation, path in (
            ("data-management", "list_target_accounts", "/target-accounts"),
            ("data-management", "list_recovery_plans", "/recovery-plans"),
            ("query", "list_source_servers", "/drs/source-servers"),
            ("query", "get_quotas", "/drs/quotas"),
        ):
            body = RECOVERY if function == "query" else {}
            rest = requests.get(url + path, params=body, headers=headers, timeout=TIMEOUT_S).json()
            direct = self.done(function, operation, body)
            for server in rest.get("source_servers", []) + direct.get("source_servers", []):
                # They follow from the time, which runs on between the two.
                server.pop("lag_seconds")
                server.pop("last_consistent_at")
            self.assertEqual(rest, direct, path)

    def test_bad_input_is_an_answer_with_the_field_and_never_a_function_error(self):
        for function, operation, body, field in (
            ("query", "get_quotas", {"region": REGION}, "account_id"),
            ("query", "get_quotas", {"account_id": 111122223333, "region": REGION}, "account_id"),
            ("query", "get_quotas", dict(RECOVERY, colour="red"), "colour"),
            ("query", "list_source_servers", dict(RECOVERY, limit=0), "limit"),
            ("data-management", "create_protection_group", {"name": "x" * 1_000_000}, "name"),
            ("data-management", "get_recovery_plan", {"plan_id": "rp-\u0000"}, "plan_id"),
            ("execution", "start_execution", {"plan_id": "../.."}, "plan_id"),
            ("execution", "get_execution", {"execution_id": None}, "execution_id"),
        ):
            error = self.refused(function, operation, body, "VALIDATION_FAILED")
            self.assertEqual(error["details"]["fields"][0]["field"], field)
            self.assertTrue(error["details"]["fields"][0]["expected"])

    def test_what_is_no_call_is_refused(self):
        for function in FUNCTIONS:
            for event in ({}, [], None, "text", {"operation": "drop_tables"}, {"operation": 7}):
                answer, failed = self.event(function, event)
                self.assertIsNone(failed, answer)
                self.assertIn(answer["error"]["code"], ("VALIDATION_FAILED", "UNKNOWN_OPERATION"))
        error = self.refused("query", "start_execution", {}, "UNKNOWN_OPERATION")
        self.assertIn("execution function", error["details"]["fields"][0]["expected"])

    def test_a_task_that_fails_is_a_function_error_that_a_state_machine_can_catch(self):
        nothing = {"task": "begin", "execution_id": "exec-00000000-0000-4000-8000-000000000000"}
        answer, failed = self.event("execution", nothing)
        self.assertEqual((failed, answer["errorType"]), ("Unhandled", "Dr.Permanent"))
        answer, failed = self.event("query", {"task": "poll"})
        self.assertEqual((failed, answer["errorType"]), ("Unhandled", "Dr.Permanent"))

    def test_asynchronous_and_dry_invocations_answer_at_once(self):
        event = {"operation": "list_executions", "body": {}}
        for kind, status in (("Event", 202), ("DryRun", 204)):
            answered = self.functions.invoke(
                FunctionName="execution", InvocationType=kind, Payload=json.dumps(event).encode()
            )
            self.assertEqual(answered["StatusCode"], status)

    def test_lambdas_own_refusals_are_its_own_errors(self):
        with self.assertRaises(ClientError) as refused:
            self.functions.invoke(FunctionName="nobody", Payload=b"{}")
        self.assertEqual(refused.exception.response["Error"]["Code"], "ResourceNotFoundException")
        with self.assertRaises(ClientError) as refused:
            self.functions.invoke(FunctionName="query", Payload=b"{not json")
        self.assertEqual(refused.exception.response["Error"]["Code"], "InvalidRequestContentException")
        with self.assertRaises(ClientError) as refused:
            client("AKIAAAAAAAAAAAAAAAAA").invoke(FunctionName="query", Payload=b"{}")
        self.assertEqual(refused.exception.response["Error"]["Code"], "UnrecognizedClientException")


if __name__ == "__main__":
    unittest.main(verbosity=2)
