"""The checks themselves: each kind of difference is found, and a right answer has none."""

import json

import botocore.session
import cbor2
import pytest
from errors import check_error
from strict import check_output

JOB = {"jobID": "drsjob-00000000000000000", "status": "STARTED"}


@pytest.fixture(scope="module")
def operation():
    session = botocore.session.Session()
    return lambda service, name: session.get_service_model(service).operation_model(name)


def rest(operation, body, status=200):
    headers = {"content-type": "application/json"}
    return check_output(operation("drs", "DescribeJobs"), status, headers, json.dumps(body).encode())


def test_a_right_answer_has_no_difference(operation):
    assert rest(operation, {"items": [JOB]}) == []


@pytest.mark.parametrize(
    "body, words",
    [
        ({"items": [JOB | {"colour": "red"}]}, "no member 'colour'"),
        ({"items": [{"status": "STARTED"}]}, "required member jobID is missing"),
        ({"items": [JOB | {"status": "FAILED"}]}, "'FAILED' is not among"),
        ({"items": [JOB | {"jobID": "job-1"}]}, "is below"),
        ({"items": [JOB | {"jobID": "drsjob-!!!!!!!!!!!!!!!!!"}]}, "does not match"),
        ({"items": [JOB | {"status": 1}]}, "is no text"),
        ({"items": JOB}, "is no list"),
        ({"items": [JOB | {"arn": None}]}, "null where"),
    ],
)
def test_each_kind_of_difference_is_found(operation, body, words):
    found = rest(operation, body)
    assert any(words in line for line in found), found


def test_a_wrong_status_is_found(operation):
    assert any("status 202" in line for line in rest(operation, {"items": []}, status=202))


def test_a_number_is_no_text_and_a_fraction_no_whole_number(operation):
    right = {"Quota": {"Value": 1.5, "Adjustable": True}}
    headers = {"content-type": "application/x-amz-json-1.1"}
    quota = operation("service-quotas", "GetServiceQuota")
    assert check_output(quota, 200, headers, json.dumps(right).encode()) == []
    wrong = {"Quota": {"Value": "1.5", "Adjustable": "yes"}}
    found = check_output(quota, 200, headers, json.dumps(wrong).encode())
    assert len(found) == 2


def ec2(operation, inside, name="DescribeSubnets"):
    space = "http://ec2.amazonaws.com/doc/2016-11-15/"
    body = f'<{name}Response xmlns="{space}"><requestId>r</requestId>{inside}</{name}Response>'
    return check_output(operation("ec2", name), 200, {}, body.encode())


def test_xml_is_walked_beside_the_shape(operation):
    right = "<subnetSet><item><subnetId>s</subnetId><availableIpAddressCount>3</availableIpAddressCount></item></subnetSet>"
    assert ec2(operation, right) == []
    for inside, words in [
        ("<subnets/>", "no element 'subnets'"),
        ("<subnetSet><member/></subnetSet>", "should be 'item'"),
        ("<subnetSet><item><state>gone</state></item></subnetSet>", "'gone' is not among"),
        ("<subnetSet><item><defaultForAz>yes</defaultForAz></item></subnetSet>", "no truth value"),
        ("<subnetSet><item><availableIpAddressCount>x</availableIpAddressCount></item></subnetSet>", "no number"),
        ("<subnetSet><item><subnetId>a</subnetId><subnetId>b</subnetId></item></subnetSet>", "stands twice"),
    ]:
        found = ec2(operation, inside)
        assert any(words in line for line in found), (inside, found)


def drs_error(operation, name, status, body):
    headers = {"x-amzn-errortype": name}
    return check_error(operation("drs", "StartRecovery"), status, headers, json.dumps(body).encode())


def test_errors_are_held_to_the_model(operation):
    quota = {"message": "m", "code": "c", "resourceId": "r", "resourceType": "t"}
    assert drs_error(operation, "ConflictException", 409, quota) == []
    for name, status, body, words in [
        ("ConflictException", 400, quota, "the model says 409"),
        ("ResourceNotFoundException", 404, quota, "neither declared"),
        ("ThrottlingException", 429, {"message": "m", "retryAfterSeconds": "1"}, "no member 'retryAfterSeconds'"),
    ]:
        found = drs_error(operation, name, status, body)
        assert any(words in line for line in found), (name, found)


def test_query_compatible_errors_need_their_header(operation):
    put = operation("cloudwatch", "PutMetricData")
    name = "com.amazonaws.cloudwatch#InvalidParameterValueException"
    body = json.dumps({"__type": name, "message": "m"}).encode()
    assert check_error(put, 400, {"x-amzn-query-error": "InvalidParameterValue;Sender"}, body) == []
    assert any("x-amzn-query-error" in line for line in check_error(put, 400, {}, body))


def test_ec2_errors_have_their_own_envelope(operation):
    subnets = operation("ec2", "DescribeSubnets")
    right = (
        "<Response><Errors><Error><Code>c</Code><Message>m</Message></Error></Errors><RequestID>r</RequestID></Response>"
    )
    assert check_error(subnets, 400, {}, right.encode()) == []
    assert check_error(subnets, 400, {}, b"<ErrorResponse/>")


def test_cbor_times_need_their_tag(operation, monkeypatch):
    put = operation("cloudwatch", "GetMetricStatistics")
    monkeypatch.setitem(put.service_model.__dict__, "resolved_protocol", "smithy-rpc-v2-cbor")
    headers = {"smithy-protocol": "rpc-v2-cbor"}
    right = {"Datapoints": [{"Timestamp": cbor2.CBORTag(1, 1_800_000_000.0)}]}
    assert check_output(put, 200, headers, cbor2.dumps(right)) == []
    bare = {"Datapoints": [{"Timestamp": 1_800_000_000.0}]}
    assert any("no time" in line for line in check_output(put, 200, headers, cbor2.dumps(bare)))
