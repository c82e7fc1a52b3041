"""PayPal's published OpenAPI documents as checks, in the folder `shared/specs` beside the repository, if at all.

They allow members that they do not name; here such a member is a problem, for it is most likely a misspelt one.
"""

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs" / "paypal"
ORDERS, PAYMENTS, DISPUTES = "checkout_orders_v2", "payments_payment_v2", "customer_disputes_v1"


@functools.cache
def components(document: str) -> dict[str, Any]:
    return _with_null(json.loads((SPECS / f"{document}.json").read_text())["components"])


def problems(document: str, schema: str, value: Any) -> list[str]:
    """Everything that is wrong with a request or an answer, as this schema of this document sees it."""
    rules = components(document)
    validator = jsonschema.Draft202012Validator({**rules["schemas"][schema], "components": rules})
    wrong = [f"{schema}{error.json_path[1:]}: {error.message[:200]}" for error in validator.iter_errors(value)]
    return [*wrong, *_unknown(value, [rules["schemas"][schema]], rules, schema)]


def issues(document: str, operation: str) -> set[str]:
    """The words for what can be wrong that the document names for one operation: "orders.capture-422"."""
    details = components(document)["schemas"][operation]["properties"]["details"]["items"]
    return {issue for kind in details["anyOf"] for issue in kind["properties"]["issue"]["enum"]}


def _with_null(node: Any) -> Any:
    """OpenAPI 3.0 says `nullable`; JSON Schema says that the type may also be null."""
    if isinstance(node, list):
        return [_with_null(member) for member in node]
    if not isinstance(node, dict):
        return node
    inner = {name: _with_null(member) for name, member in node.items() if name != "nullable"}
    return {"anyOf": [{"type": "null"}, inner]} if node.get("nullable") is True else inner


def _unknown(value: Any, schemas: list[Any], rules: dict[str, Any], path: str) -> Iterator[str]:
    parts = [part for schema in schemas for part in _parts(schema, rules)]
    if isinstance(value, list):
        items = [part["items"] for part in parts if "items" in part]
        for member in value if items else []:
            yield from _unknown(member, items, rules, f"{path}[]")
    if not isinstance(value, dict) or not any("properties" in part for part in parts):
        return
    for name, member in value.items():
        known = [part["properties"][name] for part in parts if name in part.get("properties", {})]
        if known:
            yield from _unknown(member, known, rules, f"{path}.{name}")
        else:
            yield f"{path}.{name} is not a member that PayPal names"


def _parts(schema: dict[str, Any], rules: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schema and every other that it refers to or is put together from."""
    yield schema
    if "$ref" in schema:
        yield from _parts(rules["schemas"][schema["$ref"].rsplit("/", 1)[1]], rules)
    for word in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(word, []):
            yield from _parts(part, rules)
