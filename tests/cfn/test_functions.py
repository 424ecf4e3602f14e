"""Functions, machines, rules, users and metrics against the code."""

import json
import re
import unittest

from templates import FACTS, REPOSITORY, TEMPLATES, everywhere, resources, substituted

VARIABLES = {
    "DR_ENVIRONMENT",
    "DR_HOME_ACCOUNT",
    "DR_RECOVERY_STATE_MACHINE_ARN",
    "DR_TOPIC_ARN",
    "RUST_LOG",
}


class Functions(unittest.TestCase):
    def setUp(self):
        self.functions = {
            substituted(f["Properties"]["FunctionName"]): f["Properties"]
            for _, f in resources(TEMPLATES["functions.yaml"], "AWS::Lambda::Function")
        }

    def test_there_is_one_function_per_handler(self):
        names = {f"dr-{name}-${{Environment}}" for name in FACTS["functions"]}
        self.assertEqual(set(self.functions), names)

    def test_functions_run_what_is_packaged(self):
        for name, function in self.functions.items():
            self.assertEqual(function["Runtime"], "provided.al2023", name)
            self.assertEqual(function["Architectures"], ["arm64"], name)
            zipped = name.removeprefix("dr-").removesuffix("-${Environment}") + ".zip"
            self.assertEqual(substituted(function["Code"]["S3Key"]), "${ArtifactPrefix}/" + zipped)
            self.assertEqual(set(function["Environment"]["Variables"]), VARIABLES, name)

    def test_every_function_has_a_role_of_its_own(self):
        roles = [f["Role"]["Ref"] for f in self.functions.values()]
        self.assertEqual(len(roles), len(set(roles)))

    def test_the_code_reads_no_variable_that_the_template_does_not_set(self):
        read = set()
        for folder in ("handlers", "crates/dr-invoke/src", "crates/dr-engine/src"):
            for path in (REPOSITORY / folder).rglob("*.rs"):
                # What only tests read is no matter of a function.
                if not path.name.endswith("_tests.rs"):
                    read |= set(re.findall(r'"(DR_[A-Z_]+)"', path.read_text()))
        self.assertLessEqual(read, VARIABLES)


class Machines(unittest.TestCase):
    def test_machines_are_the_files_and_get_every_placeholder(self):
        files = {p.name: p for p in (REPOSITORY / "statemachine").glob("*.asl.json")}
        used = set()
        for _, _, machine in everywhere("AWS::StepFunctions::StateMachine"):
            properties = machine["Properties"]
            key = substituted(properties["DefinitionS3Location"]["Key"])
            file = key.removeprefix("${ArtifactPrefix}/")
            used.add(file)
            text = files[file].read_text()
            json.loads(text)
            wanted = set(re.findall(r"\$\{(\w+)\}", text))
            self.assertEqual(wanted, set(properties["DefinitionSubstitutions"]), file)
        self.assertEqual(used, set(files))

    def test_the_recovery_outlives_15_minutes_and_the_poller_does_not(self):
        kinds = {
            substituted(m["Properties"]["StateMachineName"]): m["Properties"]["StateMachineType"]
            for _, _, m in everywhere("AWS::StepFunctions::StateMachine")
        }
        self.assertEqual(
            kinds, {"dr-recovery-${Environment}": "STANDARD", "dr-poller-${Environment}": "EXPRESS"}
        )

    def test_home_and_target_accounts_listen_to_the_same_events(self):
        home = TEMPLATES["rules.yaml"]["Resources"]["DrsEventsRule"]["Properties"]
        there = TEMPLATES["target-account-events.yaml"]["Resources"]["Rule"]["Properties"]
        self.assertEqual(home["EventPattern"], there["EventPattern"])
        self.assertEqual(home["EventPattern"]["source"], ["aws.drs"])


class Users(unittest.TestCase):
    def test_groups_are_the_roles(self):
        groups = {
            g["Properties"]["GroupName"]
            for _, _, g in everywhere("AWS::Cognito::UserPoolGroup")
        }
        self.assertEqual(groups, set(FACTS["roles"]))

    def test_nobody_signs_up_alone_and_users_outlive_the_stack(self):
        pool = TEMPLATES["users.yaml"]["Resources"]["UserPool"]
        self.assertTrue(pool["Properties"]["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"])
        self.assertEqual(pool["DeletionPolicy"], "Retain")


class Metrics(unittest.TestCase):
    def setUp(self):
        engine = (REPOSITORY / "crates/dr-engine/src").rglob("*.rs")
        self.published = set()
        for path in engine:
            self.published |= set(re.findall(r'"([A-Z][A-Za-z]+)"', path.read_text()))

    def test_alarms_watch_metrics_that_the_engine_publishes(self):
        watched = set()
        for _, _, alarm in everywhere("AWS::CloudWatch::Alarm"):
            properties = alarm["Properties"]
            if properties.get("Namespace") == FACTS["metrics_namespace"]:
                watched.add(properties["MetricName"])
            for query in properties.get("Metrics", []):
                if "MetricStat" in query:
                    metric = query["MetricStat"]["Metric"]
                    self.assertEqual(metric["Namespace"], FACTS["metrics_namespace"])
                    watched.add(metric["MetricName"])
        self.assertGreaterEqual(len(watched), 6)
        self.assertLessEqual(watched, self.published)

    def test_the_dashboard_shows_metrics_that_the_engine_publishes(self):
        body = TEMPLATES["monitoring.yaml"]["Resources"]["Dashboard"]["Properties"]["DashboardBody"]
        shown = set()
        for widget in json.loads(substituted(body))["widgets"]:
            for row in widget["properties"].get("metrics", []):
                if isinstance(row[0], str):
                    self.assertEqual(row[0], FACTS["metrics_namespace"])
                    shown.add(row[1])
        self.assertGreaterEqual(len(shown), 8)
        self.assertLessEqual(shown, self.published)

    def test_the_dashboard_asks_for_operations_that_exist(self):
        body = TEMPLATES["monitoring.yaml"]["Resources"]["Dashboard"]["Properties"]["DashboardBody"]
        named = re.findall(r"operation in \[(.*?)\]", substituted(body))
        operations = {r["operation"] for r in FACTS["routes"]}
        for names in named:
            self.assertLessEqual(set(re.findall(r"'(\w+)'", names)), operations)
        self.assertTrue(named)


if __name__ == "__main__":
    unittest.main()
