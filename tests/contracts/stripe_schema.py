"""Stripe's published shapes as checks: the field index of the version we use, and the OpenAPI document of 2023-08-16.

The index knows names, types and enums of today; the document knows what is required and the objects inside objects that
the index leaves out. They agree about all that the sandbox says; should they come to differ, the index is right. Both
lie in the folder `shared/specs` beside the repository, if at all.
"""

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs" / "stripe"

CLASS_OF = {
    "payment_intent": "PaymentIntent",
    "setup_intent": "SetupIntent",
    "charge": "Charge",
    "refund": "Refund",
    "dispute": "Dispute",
    "customer": "Customer",
    "event": "Event",
    "webhook_endpoint": "WebhookEndpoint",
    "balance_transaction": "BalanceTransaction",
    "payment_method": "PaymentMethod",
}
SIMPLE = {"string": str, "integer": int, "boolean": bool, "number": int | float, "map": dict}


@functools.cache
def index() -> dict[str, Any]:
    return json.loads((SPECS / "stripe_fields_2026-10-28.endive.json").read_text())


@functools.cache
def openapi() -> dict[str, Any]:
    return with_null(json.loads((SPECS / "openapi_v1_2023-08-16_pruned.json").read_text()))


def problems(value: dict[str, Any]) -> list[str]:
    """Everything that is wrong with an object that Stripe might have sent; a list is checked member by member."""
    if value["object"] == "list":
        return [problem for member in value["data"] for problem in problems(member)]
    return [*_against_index(value), *_against_openapi(value["object"], value)]


def error_problems(body: dict[str, Any]) -> list[str]:
    return [*_fields(body["error"], index()["objects"]["ErrorObject"], "error"), *_against_openapi("error", body)]


def _against_openapi(schema: str, value: dict[str, Any]) -> list[str]:
    document = openapi()
    validator = jsonschema.Draft202012Validator(
        {**document["components"]["schemas"][schema], "components": document["components"]}
    )
    return [f"{schema} (2023): {error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


def with_null(node: Any) -> Any:
    """OpenAPI 3.0 says `nullable`; JSON Schema says that the type may also be null."""
    if isinstance(node, list):
        return [with_null(member) for member in node]
    if not isinstance(node, dict):
        return node
    inner = {name: with_null(member) for name, member in node.items() if name != "nullable"}
    return {"anyOf": [{"type": "null"}, inner]} if node.get("nullable") is True else inner


def _against_index(value: dict[str, Any]) -> Iterator[str]:
    fields = index()["objects"][CLASS_OF[value["object"]]]
    yield from _fields(value, fields, value["object"])
    for name, rule in fields.items():
        wanted = not rule.get("nullable") and "oneOf" not in rule
        if wanted and name not in value and not value.get("deleted"):
            yield f"{value['object']}.{name} is never null, but absent"


def _fields(value: dict[str, Any], fields: dict[str, Any], path: str, left_out: tuple[str, ...] = ()) -> Iterator[str]:
    for name, member in value.items():
        if name in fields:
            yield from _value(member, fields[name], f"{path}.{name}")
        elif name not in left_out:
            yield f"{path}.{name} is no field of this version"


def _value(value: Any, rule: dict[str, Any], path: str) -> Iterator[str]:
    if value is None:
        if not rule.get("nullable"):
            yield f"{path} may not be null"
        return
    if "enum" in rule:
        if value not in rule["enum"] and not rule.get("open"):
            yield f"{path}: {value!r} is not one of {rule['enum']}"
    elif "enum_ref" in rule:
        if value not in index()[rule["enum_ref"]]:
            yield f"{path}: {value!r} is not among the published {rule['enum_ref']}"
    elif "oneOf" not in rule:
        yield from _typed(value, rule, path)


def _typed(value: Any, rule: dict[str, Any], path: str) -> Iterator[str]:
    kind = rule["type"]
    if kind in SIMPLE:
        if not isinstance(value, SIMPLE[kind]) or (kind != "boolean" and isinstance(value, bool)):
            yield f"{path}: {value!r} is not of type {kind}"
    elif kind == "list":
        for place, member in enumerate(value):
            yield from _value(member, rule["items"], f"{path}[{place}]")
    elif kind == "object":
        left_out = tuple(rule.get("fields_left_out", ()))
        yield from _fields(value, rule.get("fields", {}), path, left_out)
    elif isinstance(value, dict):
        yield from problems(value)
    elif not isinstance(value, str):
        yield f"{path}: {value!r} is neither an id nor an object"
