"""Systems Manager, KMS, Service Quotas, SNS: few operations each."""

from conftest import RECOVERY
from refusals import refused


def managed(ssm, **request):
    pages = ssm.get_paginator("describe_instance_information").paginate(**request)
    return [i for page in pages for i in page["InstanceInformationList"]]


def test_managed_instances_follow_the_instances(clients, sim):
    ssm, ec2 = clients("ssm"), clients("ec2")
    every = managed(ssm)
    assert every
    paged = managed(ssm, PaginationConfig={"PageSize": 5})
    assert [i["InstanceId"] for i in paged] == [i["InstanceId"] for i in every]
    lost = [{"Key": "PingStatus", "Values": ["ConnectionLost"]}]
    target = managed(ssm, Filters=lost)[0]["InstanceId"]
    ec2.start_instances(InstanceIds=[target])
    sim.advance(90)
    mine = [{"Key": "InstanceIds", "Values": [target]}]
    assert managed(ssm, Filters=mine)[0]["PingStatus"] == "Online"
    ec2.stop_instances(InstanceIds=[target])
    sim.advance(90)
    assert managed(ssm, Filters=mine)[0]["PingStatus"] == "ConnectionLost"
    assert managed(ssm, Filters=[{"Key": "InstanceIds", "Values": ["i-0123456789abcdef0"]}]) == []


def test_what_systems_manager_refuses(clients):
    ssm = clients("ssm")
    with refused("InvalidFilterKey", 400):
        ssm.describe_instance_information(Filters=[{"Key": "Colour", "Values": ["red"]}])
    with refused("InvalidInstanceInformationFilterValue", 400):
        ssm.describe_instance_information(Filters=[{"Key": "PingStatus", "Values": ["Asleep"]}])
    with refused("InvalidNextToken", 400):
        ssm.describe_instance_information(NextToken="!")
    with refused("NotSimulated", 501):
        ssm.describe_parameters()


def test_keys_are_described_by_alias_id_and_arn(clients):
    kms = clients("kms")
    key = kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]
    assert key["KeyManager"] == "AWS" and key["Enabled"]
    assert kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["KeyId"] == key["KeyId"]
    unknown = "12345678-1234-1234-1234-123456789012"
    for name in (unknown, f"arn:aws:kms:{RECOVERY[1]}:{RECOVERY[0]}:key/{unknown}", "alias/nobody"):
        with refused("NotFoundException", 400):
            kms.describe_key(KeyId=name)


def test_quotas_of_drs(clients, sim):
    quotas = clients("service-quotas")
    pages = quotas.get_paginator("list_service_quotas").paginate(
        ServiceCode="drs", PaginationConfig={"PageSize": 4}
    )
    values = {q["QuotaCode"]: q["Value"] for page in pages for q in page["Quotas"]}
    assert values == {
        "L-05AFA8C6": 500,
        "L-B827C881": 100,
        "L-C1D14A2B": 300,
        "L-D88FAC3A": 20,
        "L-DD6D028C": 1,
        "L-E28BE5E0": 4000,
    }
    sim.command(
        "set_quota",
        account=RECOVERY[0],
        region=RECOVERY[1],
        service="drs",
        quota_code="L-E28BE5E0",
        value=5000,
    )
    applied = quotas.get_service_quota(ServiceCode="drs", QuotaCode="L-E28BE5E0")["Quota"]
    default = quotas.get_aws_default_service_quota(ServiceCode="drs", QuotaCode="L-E28BE5E0")["Quota"]
    assert (applied["Value"], default["Value"]) == (5000, 4000)
    assert applied["Adjustable"] is True
    with refused("NoSuchResourceException", 400):
        quotas.get_service_quota(ServiceCode="drs", QuotaCode="L-00000000")
    with refused("NoSuchResourceException", 400):
        quotas.list_service_quotas(ServiceCode="nobody")
    with refused("NoSuchResourceException", 400):
        quotas.get_aws_default_service_quota(ServiceCode="nobody", QuotaCode="L-00000000")


def test_topics_are_made_once_and_published_to(clients, sim):
    sns = clients("sns")
    arn = sns.create_topic(Name="dr-events")["TopicArn"]
    assert sns.create_topic(Name="dr-events")["TopicArn"] == arn
    for n in range(101):
        sns.create_topic(Name=f"topic-{n}")
    pages = sns.get_paginator("list_topics").paginate()
    arns = [t["TopicArn"] for page in pages for t in page["Topics"]]
    assert arn in arns and len(arns) == len(set(arns)) == 102
    sent = sns.publish(
        TopicArn=arn,
        Subject="Drill",
        Message="<done> & fine",
        MessageAttributes={"severity": {"DataType": "String", "StringValue": "info"}},
    )
    world = sim.ask("GET", "world")
    kept = world["places"][RECOVERY[0]][RECOVERY[1]]["sns"]["published"]
    assert [(m["message_id"], m["message"], m["attributes"]) for m in kept] == [
        (sent["MessageId"], "<done> & fine", {"severity": "info"})
    ]


def test_what_sns_refuses(clients):
    sns = clients("sns")
    with refused("NotFound", 404):
        sns.publish(TopicArn=f"arn:aws:sns:{RECOVERY[1]}:{RECOVERY[0]}:nobody", Message="x")
    with refused("InvalidParameter", 400):
        sns.create_topic(Name="two words")
    with refused("InvalidParameter", 400):
        sns.publish(TopicArn=sns.create_topic(Name="dr-events")["TopicArn"], Message="")
