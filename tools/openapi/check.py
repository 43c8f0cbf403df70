"""Checks OpenAPI documents: valid, no reference into nowhere, every example as its schema says."""

import json
import sys

from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate


def pointed(document, reference):
    """What a reference of this document leads to."""
    value = document
    for step in reference.removeprefix("#/").split("/"):
        value = value[step.replace("~1", "/").replace("~0", "~")]
    return value


def nodes(value, place=""):
    """Every object in a document, with its place."""
    if isinstance(value, dict):
        yield place, value
        for name, member in value.items():
            # An example may have members that only look like parts of a document.
            if name not in ("example", "examples", "value"):
                yield from nodes(member, f"{place}/{name}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from nodes(member, f"{place}/{index}")


def examples(document, node):
    """The examples of a body, a parameter or a header."""
    if "example" in node:
        yield node["example"]
    shown = node.get("examples", {})
    for example in shown.values() if isinstance(shown, dict) else ():
        if "$ref" in example:
            example = pointed(document, example["$ref"])
        yield example["value"]


def faults(document):
    """What is wrong, in words."""
    for place, node in nodes(document):
        reference = node.get("$ref")
        if reference is not None:
            try:
                pointed(document, reference)
            except (KeyError, TypeError):
                yield f"{place}: {reference} leads nowhere"
                continue
        if "schema" in node:
            # References are looked for in the schema itself, so it takes the components along.
            schema = {"components": document.get("components", {}), **node["schema"]}
            checker = Draft202012Validator(schema, format_checker=FormatChecker())
            for example in examples(document, node):
                for error in checker.iter_errors(example):
                    yield f"{place}: the example is not what the schema says: {error.message}"


def main(paths):
    failed = False
    for path in paths:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        try:
            validate(document)
        except Exception as error:  # noqa: BLE001 - the validator has many kinds
            found = [str(error)[:2000]]
        else:
            found = list(faults(document))
        for fault in found:
            print(f"{path}: {fault}", file=sys.stderr)
        operations = sum(len(item) for item in document["paths"].values())
        verdict = "WRONG" if found else "valid"
        print(f"{path}: {verdict}, OpenAPI {document['openapi']}, {operations} operations")
        failed = failed or bool(found)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
