"""Checks error responses: form, status, and whether the model knows them."""

import json
import xml.etree.ElementTree as ElementTree

import cbor2

from strict import Differences, bare, check

# Errors that every operation of a service can answer, modelled or not: AWS's "common errors" of
# each API reference, with their statuses.
COMMON = {
    "rest-json": {
        "AccessDeniedException": 403,
        "ExpiredTokenException": 403,
        "InternalServerException": 500,
        "MissingAuthenticationTokenException": 403,
        "ThrottlingException": 429,
        "UnrecognizedClientException": 403,
        "ValidationException": 400,
    },
    "json": {
        "AccessDeniedException": 400,
        "ExpiredTokenException": 400,
        "InternalServerError": 500,
        "MissingAuthenticationTokenException": 400,
        "SerializationException": 400,
        "ThrottlingException": 400,
        "UnrecognizedClientException": 400,
        "ValidationException": 400,
    },
    "query": {
        "AccessDenied": 403,
        "ExpiredToken": 403,
        "InvalidClientTokenId": 403,
        "MissingParameter": 400,
        "Throttling": 400,
        "ValidationError": 400,
    },
    "smithy-rpc-v2-cbor": {
        "ExpiredTokenException": 403,
        "ThrottlingException": 400,
        "UnrecognizedClientException": 403,
    },
}


def check_error(operation, status, headers, body):
    """Differences of an error response from what the model or the API reference says."""
    found = Differences()
    model = operation.service_model
    path = f"{model.service_name}.{operation.name} error"
    protocol = model.resolved_protocol
    if protocol == "ec2":
        check_ec2(status, body, found, path)
    elif protocol == "query":
        code = query_code(status, body, found, path)
        known(operation, code, status, found, path, protocol)
    else:
        check_typed(operation, protocol, status, headers, body, found, path)
    return found


def check_ec2(status, body, found, path):
    """EC2 models no errors: only the envelope can be checked, and that it is a client's error."""
    root = ElementTree.fromstring(body)
    if bare(root.tag) != "Response":
        found.at(path, f"the document element is {bare(root.tag)}")
    parts = [bare(e.tag) for e in root.iter()]
    if parts != ["Response", "Errors", "Error", "Code", "Message", "RequestID"]:
        found.at(path, f"the document is {parts}")
    if status not in (400, 401, 403, 412, 500, 501, 503):
        found.at(path, f"status {status}")


def query_code(status, body, found, path):
    root = ElementTree.fromstring(body)
    parts = [bare(e.tag) for e in root.iter()]
    if parts != ["ErrorResponse", "Error", "Type", "Code", "Message", "RequestId"]:
        found.at(path, f"the document is {parts}")
        return None
    error = {bare(e.tag): e.text for e in root.iter()}
    wanted = "Sender" if status < 500 else "Receiver"
    if error["Type"] != wanted:
        found.at(path, f"type {error['Type']}, should be {wanted}")
    return error["Code"]


def check_typed(operation, protocol, status, headers, body, found, path):
    """JSON and CBOR: the error's name, then its members against its shape."""
    value = cbor2.loads(body) if protocol == "smithy-rpc-v2-cbor" else json.loads(body)
    if protocol == "rest-json":
        name = headers.get("x-amzn-errortype", "")
    else:
        name = value.pop("__type", "")
    name = name.split(":")[0].rsplit("#", 1)[-1]
    shape = known(operation, name, status, found, path, protocol)
    check_query_compatible(operation, shape, headers, found, path)
    if shape is None:
        return
    # Services and clients take the message in either case, whatever the model says, and also
    # where an error models no message at all.
    for sent, modelled in (("message", "Message"), ("Message", "message")):
        if sent in value and sent not in shape.members:
            message = value.pop(sent)
            if modelled in shape.members:
                value[modelled] = message
    check(shape, value, found, path, "cbor" if protocol == "smithy-rpc-v2-cbor" else protocol)


def check_query_compatible(operation, shape, headers, found, path):
    """Services that once spoke the query protocol repeat the older code in a header."""
    if shape is None or "awsQueryCompatible" not in operation.service_model.metadata:
        return
    code = shape.metadata.get("error", {}).get("code", shape.name)
    sent = headers.get("x-amzn-query-error")
    if sent != f"{code};Sender":
        found.at(path, f"x-amzn-query-error is {sent}, should be {code};Sender")


def known(operation, name, status, found, path, protocol):
    """The error's shape if the operation declares it; its status must be the model's."""
    for shape in operation.error_shapes:
        error = shape.metadata.get("error", {})
        names = {shape.name, error.get("code")}
        if name in names:
            wanted = error.get("httpStatusCode", 400)
            if status != wanted:
                found.at(path, f"{name} with status {status}, the model says {wanted}")
            return shape
    common = COMMON[protocol].get(name)
    if name == "NotSimulated":
        if status != 501:
            found.at(path, f"NotSimulated with status {status}, should be 501")
    elif common is None:
        declared = [s.name for s in operation.error_shapes]
        found.at(path, f"{name} is neither declared {declared} nor common")
    elif status != common:
        found.at(path, f"{name} with status {status}, should be {common}")
    return None
