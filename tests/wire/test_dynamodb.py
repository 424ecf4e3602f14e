"""DynamoDB: the calls that the product makes, answered by an embedded engine."""

import pytest
from refusals import refused


@pytest.fixture
def dynamodb(clients):
    return clients("dynamodb")


@pytest.fixture
def table(dynamodb, request):
    name = request.node.name.replace("[", "-").strip("]")[:200]
    made = dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    assert made["TableDescription"]["TableName"] == name
    yield name
    dynamodb.delete_table(TableName=name)


def item(pk, sk, version=1):
    return {"pk": {"S": pk}, "sk": {"S": sk}, "version": {"N": str(version)}}


def key(pk, sk):
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def test_versioned_writes_are_conditional(dynamodb, table):
    new = {"ConditionExpression": "attribute_not_exists(pk)"}
    dynamodb.put_item(TableName=table, Item=item("a", "1"), **new)
    with refused("ConditionalCheckFailedException", 400):
        dynamodb.put_item(TableName=table, Item=item("a", "1"), **new)
    raised = dynamodb.update_item(
        TableName=table,
        Key=key("a", "1"),
        UpdateExpression="SET version = version + :one",
        ConditionExpression="version = :seen",
        ExpressionAttributeValues={":one": {"N": "1"}, ":seen": {"N": "1"}},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    assert raised["version"] == {"N": "2"}
    assert dynamodb.get_item(TableName=table, Key=key("a", "1"))["Item"] == raised
    dynamodb.delete_item(TableName=table, Key=key("a", "1"))
    assert "Item" not in dynamodb.get_item(TableName=table, Key=key("a", "1"))


def test_items_are_queried_scanned_and_paged(dynamodb, table):
    puts = [{"PutRequest": {"Item": item("a", f"{n:02}")}} for n in range(20)]
    assert not dynamodb.batch_write_item(RequestItems={table: puts})["UnprocessedItems"]
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :a AND sk >= :from",
        ExpressionAttributeValues={":a": {"S": "a"}, ":from": {"S": "05"}},
        PaginationConfig={"PageSize": 4},
    )
    assert [i["sk"]["S"] for page in pages for i in page["Items"]] == [f"{n:02}" for n in range(5, 20)]
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, PaginationConfig={"PageSize": 6})
    assert sum(len(page["Items"]) for page in pages) == 20
    keys = [key("a", "01"), key("a", "99")]
    found = dynamodb.batch_get_item(RequestItems={table: {"Keys": keys}})["Responses"][table]
    assert [i["sk"]["S"] for i in found] == ["01"]


def test_transactions_are_all_or_nothing(dynamodb, table):
    put = lambda sk, **more: {"Put": {"TableName": table, "Item": item("a", sk), **more}}
    dynamodb.transact_write_items(TransactItems=[put("1"), put("2")])
    with refused("TransactionCanceledException", 400):
        dynamodb.transact_write_items(
            TransactItems=[put("3"), put("1", ConditionExpression="attribute_not_exists(pk)")]
        )
    gets = [{"Get": {"TableName": table, "Key": key("a", sk)}} for sk in ("1", "2", "3")]
    found = dynamodb.transact_get_items(TransactItems=gets)["Responses"]
    assert [("Item" in r) for r in found] == [True, True, False]


def test_tables_are_described_listed_tagged_and_changed(dynamodb, table):
    shown = dynamodb.describe_table(TableName=table)["Table"]
    assert shown["TableStatus"] == "ACTIVE"
    assert table in dynamodb.list_tables()["TableNames"]
    dynamodb.tag_resource(ResourceArn=shown["TableArn"], Tags=[{"Key": "env", "Value": "test"}])
    tags = dynamodb.list_tags_of_resource(ResourceArn=shown["TableArn"])["Tags"]
    assert tags == [{"Key": "env", "Value": "test"}]
    dynamodb.untag_resource(ResourceArn=shown["TableArn"], TagKeys=["env"])
    ttl = {"Enabled": True, "AttributeName": "expires"}
    dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=ttl)
    told = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert told["TimeToLiveStatus"] in ("ENABLING", "ENABLED")
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)


def test_what_dynamodb_refuses(dynamodb):
    for call in (dynamodb.describe_table, dynamodb.delete_table):
        with refused("ResourceNotFoundException", 400):
            call(TableName="nobody")
    with refused("ResourceNotFoundException", 400):
        dynamodb.get_item(TableName="nobody", Key=key("a", "1"))
    with refused("NotSimulated", 501):
        dynamodb.list_backups()
