"""Paystack's published OpenAPI document as checks of what is asked and what is answered.

It lies, with samples of events, in the folder `shared/specs` beside the repository, if at all.
"""

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema
import yaml

from tests.contracts.stripe_schema import with_null

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs" / "paystack"


@functools.cache
def document() -> dict[str, Any]:
    """As published, but for the common error: it has the words for `type` under `code`, which another has right."""
    published = with_null(yaml.load((SPECS / "paystack.yaml").read_text(), yaml.CSafeLoader))
    schemas = published["components"]["schemas"]
    schemas["Error"] = schemas["TransactionInitializeBadRequestModel"]
    return published


@functools.cache
def samples() -> dict[str, Any]:
    """Events as Paystack has published them, by the name of the file."""
    return json.loads((SPECS / "examples.json").read_text())["webhook_events"]


def answer_problems(method: str, path: str, status: int, body: Any) -> list[str]:
    """Everything that is wrong with an answer that Paystack might have given to this call."""
    responses = _operation(method, path)[0]["responses"]
    response = _resolved(responses.get(str(status)) or {"$ref": "#/components/responses/NotFound"})
    return _against(response["content"]["application/json"]["schema"], body)


def request_problems(method: str, path: str, query: str, body: Any) -> list[str]:
    """Everything that is wrong with a call: a place, a parameter or a field that there is not, or of a wrong type."""
    operation, template = _operation(method, path)
    known = {one["name"] for one in map(_resolved, operation.get("parameters", [])) if one["in"] == "query"}
    problems = [f"{template}: no parameter {name}" for name, _ in parse_qsl(query) if name not in known]
    if body is None:
        return problems
    schema = _resolved(operation["requestBody"]["content"]["application/json"]["schema"])
    unknown = body.keys() - schema["properties"].keys()
    return [*problems, *(f"{template}: no field {name}" for name in unknown), *_against(schema, body)]


def _operation(method: str, path: str) -> tuple[dict[str, Any], str]:
    paths = document()["paths"]
    for template in sorted(paths, key=lambda one: one.count("{")):
        if method.lower() in paths[template] and _fits(template, path):
            return paths[template][method.lower()], template
    raise LookupError(f"Paystack has no {method} {path}")


def _fits(template: str, path: str) -> bool:
    pairs = list(zip(template.split("/"), path.split("/"), strict=False))
    return template.count("/") == path.count("/") and all(one == two or one.startswith("{") for one, two in pairs)


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        *_, group, name = node["$ref"].split("/")
        node = document()["components"][group][name]
    return node


def _against(schema: dict[str, Any], body: Any) -> list[str]:
    validator = jsonschema.Draft202012Validator({**schema, "components": document()["components"]})
    return [f"{error.json_path}: {error.message[:200]}" for error in _leaves(validator.iter_errors(body))]


def _leaves(errors: Any) -> Iterator[Any]:
    for error in errors:
        yield from _leaves(error.context) if error.context else [error]
