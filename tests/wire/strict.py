"""Checks a raw response against botocore's service model, more strictly than botocore does.

botocore's parser drops members that the model does not have, does not look at enums, patterns or
lengths of what comes back, and gives missing members as absent. Here each of those is a
difference. The four wire formats are brought to one form (dict, list, text, number) first.
"""

import json
import math
import xml.etree.ElementTree as ElementTree
from datetime import datetime

import cbor2
import regex

# Members that the protocols themselves add beside the shape.
PROTOCOL_MEMBERS = {"ResponseMetadata", "RequestId", "requestId"}

# Where a model contradicts itself or what the service is known to send. Nothing else is excused.
# Sizes: `drs` allows 17 digits after `vol-` by pattern and 15 by length; DynamoDB counts from 0
# and answers "nothing left over" with an empty map, as its API reference shows.
SIZE_SLIPS = {
    ("drs", "EbsVolumeID"),
    ("dynamodb", "PositiveLongObject"),
    ("dynamodb", "BatchGetRequestMap"),
    ("dynamodb", "BatchWriteItemRequestMap"),
}
# Members: DynamoDB sends this one beside BillingModeSummary; the model has never had it.
MEMBER_SLIPS = {("dynamodb", "TableDescription", "TableThroughputModeSummary")}

# Patterns: both are typed as times, and are durations on the wire.
DURATION_SLIPS = {
    "dataReplicationInfo.lagDuration",
    "failback.elapsedReplicationDuration",
}


class Differences(list):
    """What differs, as readable lines."""

    def at(self, path, text):
        self.append(f"{path}: {text}")


def service_of(path):
    """The service that a path begins with."""
    return path.split(".", 1)[0]


def check_output(operation, status, headers, body):
    """Differences of a successful response from the operation's output shape."""
    found = Differences()
    path = f"{operation.service_model.service_name}.{operation.name}"
    expected = operation.http.get("responseCode", 200)
    if status != expected:
        found.at(path, f"status {status}, the model says {expected}")
    shape = operation.output_shape
    protocol = operation.service_model.resolved_protocol
    if protocol in ("query", "ec2"):
        check_xml(operation, protocol, body, found, path)
    elif protocol == "smithy-rpc-v2-cbor":
        if headers.get("smithy-protocol") != "rpc-v2-cbor":
            found.at(path, "no smithy-protocol header")
        value = cbor2.loads(body) if body else {}
        check(shape, value, found, path, "cbor")
    else:
        expected_type = {
            "json": f"application/x-amz-json-{operation.service_model.metadata.get('jsonVersion')}",
            "rest-json": "application/json",
        }[protocol]
        if body and headers.get("content-type") != expected_type:
            found.at(path, f"content type {headers.get('content-type')}, should be {expected_type}")
        value = json.loads(body) if body else {}
        check(shape, value, found, path, protocol)
    return found


def check(shape, value, found, path, protocol):
    """Differences of one value from its shape."""
    if shape is None:
        if value:
            found.at(path, f"the model has no output, the body has {value!r}")
        return
    if value is None:
        found.at(path, "null where a value or nothing belongs")
        return
    kind = {
        "structure": check_structure,
        "list": check_list,
        "map": check_map,
        "string": check_string,
        "character": check_string,
        "integer": check_number,
        "long": check_number,
        "float": check_number,
        "double": check_number,
        "boolean": check_boolean,
        "timestamp": check_timestamp,
        "blob": check_string,
    }.get(shape.type_name)
    if kind is None:
        found.at(path, f"no check for the type {shape.type_name}")
    else:
        kind(shape, value, found, path, protocol)


def check_structure(shape, value, found, path, protocol):
    if not isinstance(value, dict):
        found.at(path, f"{value!r} is no structure")
        return
    if getattr(shape, "is_document_type", False):
        return
    names = {}
    for name, member in shape.members.items():
        if member.serialization.get("location") in ("header", "headers", "statusCode"):
            continue
        wire = name if protocol == "cbor" else member.serialization.get("name", name)
        names[wire] = (name, member)
    for wire, inner in value.items():
        if wire in names:
            name, member = names[wire]
            check(member, inner, found, f"{path}.{name}", protocol)
        elif (service_of(path), shape.name, wire) not in MEMBER_SLIPS:
            found.at(path, f"the model has no member {wire!r}")
    have = {names[wire][0] for wire in value if wire in names}
    for name in shape.required_members:
        if name not in have:
            found.at(path, f"the required member {name} is missing")
    if getattr(shape, "is_tagged_union", False) and len(have) != 1:
        found.at(path, f"a union with {len(have)} members")


def check_list(shape, value, found, path, protocol):
    if not isinstance(value, list):
        found.at(path, f"{value!r} is no list")
        return
    check_length(shape, len(value), found, path)
    for n, item in enumerate(value):
        check(shape.member, item, found, f"{path}[{n}]", protocol)


def check_map(shape, value, found, path, protocol):
    if not isinstance(value, dict):
        found.at(path, f"{value!r} is no map")
        return
    check_length(shape, len(value), found, path)
    for key, item in value.items():
        check(shape.key, key, found, f"{path}.<key>", protocol)
        check(shape.value, item, found, f"{path}[{key}]", protocol)


def check_string(shape, value, found, path, _protocol):
    if not isinstance(value, str):
        found.at(path, f"{value!r} is no text")
        return
    enum = getattr(shape, "enum", None)
    if enum and value not in enum:
        found.at(path, f"{value!r} is not among the {len(enum)} values of {shape.name}")
    if shape.name == "ISO8601DatetimeString" and path.endswith(tuple(DURATION_SLIPS)):
        if regex.fullmatch(r"P(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?", value) is None or value[-1] in "PT":
            found.at(path, f"{value!r} is no duration")
        return
    check_length(shape, len(value), found, path)
    pattern = shape.metadata.get("pattern")
    if pattern and regex.search(pattern, value) is None:
        found.at(path, f"{value!r} does not match {pattern}")


def check_number(shape, value, found, path, protocol):
    whole = shape.type_name in ("integer", "long")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        found.at(path, f"{value!r} is no number")
        return
    if whole and not isinstance(value, int):
        found.at(path, f"{value!r} is no whole number")
        return
    if not math.isfinite(value):
        found.at(path, f"{value!r} is not finite")
    check_length(shape, value, found, path)


def check_boolean(_shape, value, found, path, _protocol):
    if not isinstance(value, bool):
        found.at(path, f"{value!r} is no truth value")


def check_timestamp(shape, value, found, path, protocol):
    form = shape.serialization.get("timestampFormat")
    if protocol == "cbor":
        # cbor2 turns tag 1 into a datetime; anything else has lost its tag.
        right = isinstance(value, datetime)
    elif form == "iso8601" or protocol in ("query", "ec2"):
        right = isinstance(value, str) and is_iso(value)
    else:
        right = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not right:
        found.at(path, f"{value!r} is no time in this protocol")


def is_iso(text):
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).tzinfo is not None
    except ValueError:
        return False


def check_length(shape, size, found, path):
    if (service_of(path), shape.name) in SIZE_SLIPS:
        return
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        found.at(path, f"size or value {size} is below {least}")
    if most is not None and size > most:
        found.at(path, f"size or value {size} is above {most}")


def bare(tag):
    """An element's name without its namespace."""
    return tag.rsplit("}", 1)[-1]


def check_xml(operation, protocol, body, found, path):
    """Brings XML to the common form by walking it beside the shape, then checks it."""
    root = ElementTree.fromstring(body)
    model = operation.service_model
    if bare(root.tag) != f"{operation.name}Response":
        found.at(path, f"the document element is {bare(root.tag)}")
    namespace = model.metadata.get("xmlNamespace")
    sent = root.tag[1:].split("}")[0] if root.tag.startswith("{") else None
    # EC2's own namespace names the version that the client asked for.
    if protocol == "ec2":
        namespace = f"http://ec2.amazonaws.com/doc/{model.api_version}/"
    if sent != namespace:
        found.at(path, f"the namespace is {sent}, should be {namespace}")
    if protocol == "query":
        metadata = [c for c in root if bare(c.tag) == "ResponseMetadata"]
        if len(metadata) != 1 or [bare(c.tag) for c in metadata[0]] != ["RequestId"]:
            found.at(path, "no ResponseMetadata with a RequestId")
        results = [c for c in root if bare(c.tag) == f"{operation.name}Result"]
        shape = operation.output_shape
        if shape is None:
            return
        wrapper = shape.serialization.get("resultWrapper", f"{operation.name}Result")
        if len(results) != 1 or bare(results[0].tag) != wrapper:
            found.at(path, f"no {wrapper}")
            return
        root = results[0]
    elif [bare(c.tag) for c in root].count("requestId") != 1:
        found.at(path, "no requestId")
    if operation.output_shape is None:
        if protocol == "ec2":
            extra = [bare(c.tag) for c in root if bare(c.tag) not in ("requestId", "return")]
            if extra:
                found.at(path, f"the model has no output, the body has {extra}")
        return
    value = from_xml(operation.output_shape, root, found, path, top=True)
    check(operation.output_shape, value, found, path, protocol)


def from_xml(shape, element, found, path, top=False):
    """The common form of an element."""
    kind = shape.type_name
    if kind == "structure":
        value = {}
        by_name = {m.serialization.get("name", n): (n, m) for n, m in shape.members.items()}
        for child in element:
            tag = bare(child.tag)
            if top and tag in PROTOCOL_MEMBERS:
                continue
            if tag not in by_name:
                value[tag] = None
                found.at(path, f"the model has no element {tag!r}")
                continue
            name, member = by_name[tag]
            if tag in value and not member.serialization.get("flattened"):
                found.at(path, f"the element {tag} stands twice")
            value[tag] = from_xml(member, child, found, f"{path}.{name}")
        return {k: v for k, v in value.items() if v is not None}
    if kind == "list":
        wanted = shape.member.serialization.get("name", "member")
        items = []
        for child in element:
            if bare(child.tag) != wanted:
                found.at(path, f"the list has an element {bare(child.tag)!r}, should be {wanted!r}")
            items.append(from_xml(shape.member, child, found, f"{path}[]"))
        return items
    text = element.text or ""
    if len(element):
        found.at(path, f"elements where the model has {kind}")
        return None
    return scalar(kind, text, found, path)


def scalar(kind, text, found, path):
    if kind == "boolean":
        if text not in ("true", "false"):
            found.at(path, f"{text!r} is no truth value")
            return None
        return text == "true"
    if kind in ("integer", "long", "float", "double"):
        try:
            return int(text) if kind in ("integer", "long") else float(text)
        except ValueError:
            found.at(path, f"{text!r} is no number")
            return None
    return text
