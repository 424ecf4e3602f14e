"""Reads the templates as cfn-lint does: short tags become Fn:: maps."""

import json
import pathlib

from cfnlint.decode import decode

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = REPOSITORY / "cfn"
FACTS = json.loads((REPOSITORY / "tests/cfn/facts.json").read_text())
OPENAPI = json.loads((REPOSITORY / "api/openapi.json").read_text())


def load(name):
    template, problems = decode(str(FOLDER / name))
    assert not problems, problems
    return template


TEMPLATES = {path.name: load(path.name) for path in sorted(FOLDER.glob("*.yaml"))}


def resources(template, kind=None):
    """(logical id, resource) of a template, of one type if asked."""
    for name, resource in template.get("Resources", {}).items():
        if kind is None or resource["Type"] == kind:
            yield name, resource


def everywhere(kind):
    """(template's name, logical id, resource) of one type in all templates."""
    for file, template in TEMPLATES.items():
        for name, resource in resources(template, kind):
            yield file, name, resource


def as_list(value):
    return value if isinstance(value, list) else [value]


def statements(file=None):
    """(where, statement) of every identity policy, conditional ones included."""
    for name, template in TEMPLATES.items():
        if file is not None and name != file:
            continue
        for logical, resource in resources(template):
            if not resource["Type"].startswith("AWS::IAM::"):
                continue
            properties = resource["Properties"]
            documents = [p["PolicyDocument"] for p in properties.get("Policies", [])]
            if resource["Type"] == "AWS::IAM::ManagedPolicy":
                documents.append(properties["PolicyDocument"])
            for document in documents:
                for statement in document["Statement"]:
                    if "Fn::If" in statement:
                        statement = statement["Fn::If"][1]
                    yield f"{name} {logical}", statement


def substituted(value):
    """The text of a string or of Fn::Sub, placeholders left in."""
    if isinstance(value, dict):
        value = value.get("Fn::Sub", "")
    return value if isinstance(value, str) else value[0]
