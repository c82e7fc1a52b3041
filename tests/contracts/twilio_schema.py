"""Twilio's published OpenAPI documents as checks of what is asked and what is answered.

They lie in the folder `shared/specs` beside the repository, if at all.
"""

import functools
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema

from tests.contracts.stripe_schema import with_null

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs" / "twilio"
FILES = ["api_v2010_messages_pruned.json", "content_v1.json"]


@functools.cache
def documents() -> list[dict[str, Any]]:
    return [with_null(json.loads((SPECS / name).read_text())) for name in FILES]


def answer_problems(method: str, path: str, status: int, body: Any) -> list[str]:
    """Everything that is wrong with an answer that Twilio might have given to this call."""
    document, operation = _operation(method, path)
    response = operation["responses"].get(str(status))
    if response is None:
        return [f"{path}: no answer {status}"]
    return _against(document, response["content"]["application/json"]["schema"], body)


def request_problems(method: str, path: str, query: str, body: str) -> list[str]:
    """Everything that is wrong with a call: a parameter or a field that there is not, or one of a wrong type."""
    document, operation = _operation(method, path)
    known = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
    problems = [f"{path}: no parameter {name}" for name, _ in parse_qsl(query) if name not in known]
    if not body:
        return problems
    (kind, content), *_ = operation["requestBody"]["content"].items()
    fields = json.loads(body) if kind == "application/json" else dict(parse_qsl(body))
    schema = _resolved(document, content["schema"])
    problems += [f"{path}: no field {name}" for name in fields if name not in schema["properties"]]
    return [*problems, *_against(document, schema, fields)]


def _operation(method: str, path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    for document in documents():
        for template, item in document["paths"].items():
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
            if method.lower() in item and re.fullmatch(pattern, path):
                return document, item[method.lower()]
    raise LookupError(f"Twilio has no {method} {path}")


def _resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        *_, group, name = node["$ref"].split("/")
        node = document["components"][group][name]
    return node


def _against(document: dict[str, Any], schema: dict[str, Any], body: Any) -> list[str]:
    validator = jsonschema.Draft202012Validator({**schema, "components": document["components"]})
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(body)]
