"""How the nested stacks hang together, and what every template must say of itself."""

import re
import unittest

from templates import FOLDER, TEMPLATES, resources, substituted

# Deployed by hand, elsewhere.
APART = {"main.yaml", "target-account-role.yaml", "target-account-events.yaml"}


def nested():
    """Logical id in main.yaml to (file, parameters)."""
    found = {}
    for name, stack in resources(TEMPLATES["main.yaml"], "AWS::CloudFormation::Stack"):
        url = substituted(stack["Properties"]["TemplateURL"])
        found[name] = (url.rsplit("/", 1)[1], stack["Properties"].get("Parameters", {}))
    return found


class Stacks(unittest.TestCase):
    def test_every_template_says_first_what_it_owns_and_exports(self):
        for path in FOLDER.glob("*.yaml"):
            head = "".join(l for l in path.read_text().splitlines(True) if l.startswith("#"))
            self.assertIn("# Owns:", head, path.name)
            self.assertIn("# Exports:", head, path.name)

    def test_exports_named_in_the_head_are_the_outputs(self):
        for path in FOLDER.glob("*.yaml"):
            if path.name in ("tables.yaml", "main.yaml"):
                continue  # "one name per table"; in words
            line = re.search(r"^# Exports: (.*?)(?:,? to be registered.*)?$", path.read_text(), re.M)
            said = set(re.findall(r"\b[A-Z]\w+", line.group(1)))
            self.assertEqual(said, set(TEMPLATES[path.name].get("Outputs", {})), path.name)

    def test_every_template_is_nested_or_deployed_by_hand(self):
        self.assertEqual({file for file, _ in nested().values()} | APART, set(TEMPLATES))

    def test_a_nested_stack_gets_exactly_the_parameters_that_it_has(self):
        for name, (file, given) in nested().items():
            has = TEMPLATES[file].get("Parameters", {})
            needs = {p for p, about in has.items() if "Default" not in about}
            self.assertLessEqual(set(given), set(has), name)
            self.assertLessEqual(needs, set(given), name)
            # A default in a nested stack that main.yaml does not override could never be changed.
            self.assertEqual(set(given), set(has), name)

    def test_outputs_that_are_used_exist(self):
        text = (FOLDER / "main.yaml").read_text()
        stacks = nested()
        used = re.findall(r"!GetAtt (\w+)\.Outputs\.(\w+)", text)
        self.assertGreater(len(used), 15)
        for stack, output in used:
            self.assertIn(output, TEMPLATES[stacks[stack][0]]["Outputs"], stack)

    def test_names_hold_the_environment_so_that_two_can_live_in_one_account(self):
        naming = re.compile(r"Name$")
        exempt = {"MetricName", "IndexName", "AttributeName", "GroupName", "EventBusName", "PolicyName"}
        for file, template in TEMPLATES.items():
            for name, resource in resources(template):
                for key, value in resource.get("Properties", {}).items():
                    if naming.search(key) and key not in exempt and key != "FunctionName":
                        text = substituted(value) if "Ref" not in value else "${Environment}"
                        self.assertIn("${Environment}", text, f"{file} {name} {key}")

    def test_logs_are_kept_for_30_days(self):
        logs = [
            (file, name, r["Properties"])
            for file, t in TEMPLATES.items()
            for name, r in resources(t, "AWS::Logs::LogGroup")
        ]
        self.assertGreaterEqual(len(logs), 5)
        for file, name, properties in logs:
            self.assertEqual(properties["RetentionInDays"], 30, f"{file} {name}")


if __name__ == "__main__":
    unittest.main()
