"""STS and IAM: who is who, and who may become whom."""

import pytest
from conftest import PRIMARY, RECOVERY
from refusals import refused

ROLE = f"arn:aws:iam::{RECOVERY[0]}:role/DROrchestratorRole"
OUTSIDER = "999900001111"


@pytest.fixture
def trusted(sim):
    """The outsider's account may assume the role with the right external id."""
    sim.command(
        "trust",
        role_arn=ROLE,
        principal_arn=f"arn:aws:iam::{OUTSIDER}:root",
        external_id="right-one",
    )


@pytest.fixture
def sts(clients):
    return clients("sts", (OUTSIDER, "us-east-1"))


def assume(sts, **more):
    request = {"RoleArn": ROLE, "RoleSessionName": "run-1", "ExternalId": "right-one", **more}
    return sts.assume_role(**{k: v for k, v in request.items() if v is not None})


def test_an_account_key_is_its_root(clients):
    for account, region in (PRIMARY, RECOVERY):
        who = clients("sts", (account, region)).get_caller_identity()
        assert who["Account"] == account
        assert who["Arn"] == f"arn:aws:iam::{account}:root"
        assert who["UserId"] == account


def test_an_assumed_role_acts_in_its_account(sts, trusted, clients, sim):
    given = assume(sts)
    credentials = given["Credentials"]
    assert given["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{RECOVERY[0]}:assumed-role/DROrchestratorRole/run-1"
    key = {
        "key": credentials["AccessKeyId"],
        "secret": credentials["SecretAccessKey"],
        "token": credentials["SessionToken"],
    }
    who = clients("sts", (OUTSIDER, "us-west-2"), **key).get_caller_identity()
    assert who["Account"] == RECOVERY[0]
    assert who["UserId"] == given["AssumedRoleUser"]["AssumedRoleId"]
    ec2 = clients("ec2", (OUTSIDER, "us-west-2"), **key)
    assert ec2.describe_instances()["Reservations"]
    sim.advance(3601)
    with refused("ExpiredToken", 403):
        clients("sts", (OUTSIDER, "us-west-2"), **key).get_caller_identity()
    with refused("RequestExpired", 400):
        ec2.describe_instances()
    with refused("ExpiredTokenException", 403):
        clients("drs", (OUTSIDER, "us-west-2"), **key).describe_source_servers()
    with refused("ExpiredTokenException", 400):
        clients("ssm", (OUTSIDER, "us-west-2"), **key).describe_instance_information()


@pytest.mark.parametrize("external_id", [None, "wrong-one"])
def test_a_missing_or_wrong_external_id_is_denied(sts, trusted, external_id):
    with refused("AccessDenied", 403) as caught:
        assume(sts, ExternalId=external_id)
    message = caught.value.response["Error"]["Message"]
    assert message == (
        f"User: arn:aws:iam::{OUTSIDER}:root is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
    )


def test_a_stranger_and_an_unknown_role_are_denied_alike(clients, sts, trusted):
    with refused("AccessDenied", 403):
        assume(clients("sts", ("222200002222", "us-east-1")))
    with refused("AccessDenied", 403):
        assume(sts, RoleArn=f"arn:aws:iam::{RECOVERY[0]}:role/Nobody")


def test_what_sts_does_not_take(sts, trusted):
    with refused("ValidationError", 400):
        assume(sts, DurationSeconds=43_200)
    with refused("ValidationError", 400):
        assume(sts, RoleSessionName="two words")


def test_unknown_keys_are_refused_in_each_protocol(clients):
    bad = {"key": "ASIANOBODYATALL00000"}
    with refused("InvalidClientTokenId", 403):
        clients("sts", **bad).get_caller_identity()
    with refused("AuthFailure", 401):
        clients("ec2", **bad).describe_instances()
    with refused("UnrecognizedClientException", 403):
        clients("drs", **bad).describe_source_servers()
    with refused("UnrecognizedClientException", 400):
        clients("kms", **bad).describe_key(KeyId="alias/aws/ebs")


def test_a_profile_leads_to_its_role_and_policies(clients):
    ec2, iam = clients("ec2"), clients("iam")
    reservations = ec2.describe_instances()["Reservations"]
    arn = next(
        i["IamInstanceProfile"]["Arn"] for r in reservations for i in r["Instances"] if "IamInstanceProfile" in i
    )
    profile = iam.get_instance_profile(InstanceProfileName=arn.rsplit("/", 1)[-1])["InstanceProfile"]
    assert profile["Arn"] == arn
    role = iam.get_role(RoleName=profile["Roles"][0]["RoleName"])["Role"]
    statement = role["AssumeRolePolicyDocument"]["Statement"][0]
    assert statement["Principal"] == {"Service": "ec2.amazonaws.com"}
    pages = iam.get_paginator("list_attached_role_policies").paginate(
        RoleName=role["RoleName"], PaginationConfig={"PageSize": 1}
    )
    names = [p["PolicyName"] for page in pages for p in page["AttachedPolicies"]]
    assert "AmazonSSMManagedInstanceCore" in names
    assert "AWSElasticDisasterRecoveryRecoveryInstancePolicy" in names


def test_trust_is_shown_with_its_external_id(clients, trusted):
    document = clients("iam").get_role(RoleName="DROrchestratorRole")["Role"]["AssumeRolePolicyDocument"]
    conditions = [s.get("Condition") for s in document["Statement"]]
    assert {"StringEquals": {"sts:ExternalId": "right-one"}} in conditions


def test_policies_are_simulated(clients):
    results = clients("iam").simulate_principal_policy(
        PolicySourceArn=ROLE, ActionNames=["drs:StartRecovery", "ec2:StartInstances"]
    )["EvaluationResults"]
    assert [r["EvalDecision"] for r in results] == ["allowed", "allowed"]


def test_a_denied_action_is_told_by_the_simulator_and_by_a_dry_run(clients, sts, sim, trusted):
    sim.command("deny", role_arn=ROLE, actions=["ec2:Start*"])
    results = clients("iam").simulate_principal_policy(
        PolicySourceArn=ROLE, ActionNames=["ec2:StartInstances", "ec2:StopInstances"]
    )["EvaluationResults"]
    assert [r["EvalDecision"] for r in results] == ["explicitDeny", "allowed"]
    given = assume(sts)["Credentials"]
    key = {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"], "token": given["SessionToken"]}
    ec2 = clients("ec2", (OUTSIDER, "us-west-2"), **key)
    stopped = [{"Name": "instance-state-name", "Values": ["stopped"]}]
    target = ec2.describe_instances(Filters=stopped)["Reservations"][0]["Instances"][0]["InstanceId"]
    with refused("UnauthorizedOperation", 403):
        ec2.start_instances(InstanceIds=[target], DryRun=True)
    with refused("DryRunOperation", 412):
        ec2.stop_instances(InstanceIds=[target], DryRun=True)


def test_what_iam_does_not_find(clients):
    iam = clients("iam")
    with refused("NoSuchEntity", 404):
        iam.get_role(RoleName="Nobody")
    with refused("NoSuchEntity", 404):
        iam.get_instance_profile(InstanceProfileName="nobody")
    with refused("NoSuchEntity", 404):
        iam.list_attached_role_policies(RoleName="Nobody")
    with refused("NoSuchEntity", 404):
        iam.simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{RECOVERY[0]}:role/Nobody", ActionNames=["drs:StartRecovery"]
        )
