"""Who may do what: least privilege, checked on the templates as they are deployed."""

import unittest

from templates import FACTS, TEMPLATES, as_list, resources, statements, substituted

# Actions that know no resources, or (in target accounts) resources that do not exist yet; each is bounded by
# a condition or only reads.
ANY_RESOURCE = {
    "Measure": "the namespace of metrics is a condition",
    "DeliverLogs": "log delivery knows no resources",
    "WhatWeCall": "regions are a condition",
    "WhatDrsChecks": "regions are a condition",
    "WhatDrsDoesOnOurBehalf": "regions, and that an AWS service calls, are conditions",
    "ReadProfilesAndPermissions": "reads only",
}


class Roles(unittest.TestCase):
    def test_no_statement_allows_whole_services(self):
        count = 0
        for where, statement in statements():
            for action in as_list(statement["Action"]):
                count += 1
                self.assertNotIn("*", action, f"{where} {action}")
        self.assertGreater(count, 100)

    def test_any_resource_is_allowed_where_nothing_else_is_possible(self):
        for where, statement in statements():
            if statement.get("Resource") == "*":
                self.assertIn(statement["Sid"], ANY_RESOURCE, where)
                if statement["Sid"] not in ("ReadProfilesAndPermissions", "DeliverLogs"):
                    self.assertIn("Condition", statement, where)

    def test_each_function_has_what_its_operations_need_and_no_more(self):
        extra = {"logs:CreateLogStream", "logs:PutLogEvents", "kms:Decrypt", "kms:GenerateDataKey"}
        for function, facts in FACTS["functions"].items():
            role = camel(function) + "Role"
            granted = actions_of("roles.yaml", role)
            self.assertEqual(granted - extra, set(facts["own_actions"]), function)

    def test_the_same_holds_for_servers_at_home(self):
        for function, facts in FACTS["functions"].items():
            granted = actions_of("roles.yaml", camel(function) + "AtHome")
            wanted = set(facts["target_actions"]) | set(facts["forwarded_actions"])
            launches = "drs:StartRecovery" in wanted
            self.assertEqual(granted - wanted, launch_extras() if launches else set(), function)
            self.assertLessEqual(wanted, granted)

    def test_the_target_role_has_the_union(self):
        wanted = set()
        for facts in FACTS["functions"].values():
            wanted |= set(facts["target_actions"]) | set(facts["forwarded_actions"])
        granted = actions_of("target-account-role.yaml", "Policy")
        self.assertEqual(granted - wanted, launch_extras())
        self.assertLessEqual(wanted, granted)

    def test_the_target_role_trusts_functions_by_name_and_only_with_the_external_id(self):
        role = TEMPLATES["target-account-role.yaml"]["Resources"]["Role"]["Properties"]
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        trusted = {substituted(p).rsplit("/", 1)[1] for p in statement["Principal"]["AWS"]}
        callers = {n for n, f in FACTS["functions"].items() if f["target_actions"]}
        self.assertEqual(trusted, {f"dr-{name}-${{Environment}}" for name in callers})
        self.assertEqual(
            statement["Condition"], {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}}
        )

    def test_functions_may_assume_the_role_that_the_target_template_makes_and_no_other(self):
        made = TEMPLATES["target-account-role.yaml"]["Resources"]["Role"]["Properties"]["RoleName"]
        for _, statement in statements("roles.yaml"):
            if statement["Action"] == ["sts:AssumeRole"]:
                arn = substituted(statement["Resource"])
                self.assertEqual(arn.rsplit("/", 1)[1], substituted(made))

    def test_what_drs_does_on_our_behalf_cannot_be_done_without_drs(self):
        for where, statement in statements():
            if statement.get("Sid") in ("WhatDrsDoesOnOurBehalf", "UseVolumeKeys"):
                self.assertEqual(
                    statement["Condition"]["Bool"], {"aws:ViaAWSService": "true"}, where
                )

    def test_nothing_is_launched_or_terminated_in_ec2_by_our_own_hand(self):
        for where, statement in statements():
            if statement.get("Sid") == "WhatWeCall":
                actions = set(as_list(statement["Action"]))
                self.assertFalse(actions & {"ec2:RunInstances", "ec2:TerminateInstances"}, where)

    def test_roles_are_passed_to_ec2_only(self):
        seen = 0
        for where, statement in statements():
            if as_list(statement["Action"]) == ["iam:PassRole"]:
                seen += 1
                condition = statement["Condition"]["StringEquals"]
                self.assertEqual(condition["iam:PassedToService"], "ec2.amazonaws.com", where)
                self.assertNotEqual(statement["Resource"], "*")
        self.assertEqual(seen, 4)

    def test_an_inline_policy_stays_below_what_iam_takes(self):
        # 10,240 characters of inline policies per role, 6,144 per managed policy, white space apart.
        for file in ("roles.yaml", "target-account-role.yaml"):
            for name, resource in resources(TEMPLATES[file]):
                properties = resource["Properties"]
                if resource["Type"] == "AWS::IAM::ManagedPolicy":
                    self.assertLess(size(properties["PolicyDocument"]), 6144, f"{file} {name}")
                for policy in properties.get("Policies", []):
                    self.assertLess(size(policy["PolicyDocument"]), 10240, f"{file} {name}")


def size(value):
    """Characters of a policy with names put in: longest plausible ones for what is substituted."""
    if isinstance(value, dict):
        if "Fn::Sub" in value:
            text = value["Fn::Sub"]
            for name, stands_for in {
                "${AWS::Partition}": "aws",
                "${AWS::Region}": "ap-southeast-2",
                "${AWS::AccountId}": "1" * 12,
                "${Environment}": "e" * 16,
            }.items():
                text = text.replace(name, stands_for)
            return len(text) + 2
        if "Fn::If" in value:
            return size(value["Fn::If"][1])
        if "Ref" in value:
            return 120
        return 2 + sum(len(key) + 4 + size(inner) for key, inner in value.items())
    if isinstance(value, list):
        return 2 + sum(size(inner) + 1 for inner in value)
    return len(str(value)) + 2


def launch_extras():
    """What a launch needs beside actions: roles to pass, keys of volumes."""
    return {
        "iam:PassRole",
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    } - {a for f in FACTS["functions"].values() for a in f["target_actions"]}


def actions_of(file, logical):
    found = set()
    for where, statement in statements(file):
        if where == f"{file} {logical}":
            found |= set(as_list(statement["Action"]))
    return found


def camel(name):
    return "".join(word.capitalize() for word in name.split("-"))


if __name__ == "__main__":
    unittest.main()
