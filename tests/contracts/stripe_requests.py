"""What may be asked of Stripe: parameters by name and type, from the documents that tell its answers' shapes."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

from tests.contracts.stripe_schema import index, openapi

LOOKS: dict[str, Callable[[str], bool]] = {
    "string": lambda text: True,
    "integer": lambda text: re.fullmatch(r"-?[0-9]+", text) is not None,
    "boolean": lambda text: text in {"true", "false"},
}


def request_problems(method: str, path: str, query: str, body: str) -> list[str]:
    """Everything that is wrong with a call: a parameter that there is not, one that is missing or of another type."""
    rules = _rules(method, path)
    sent = _tree([*parse_qsl(query), *parse_qsl(body)])
    return [f"{method} {path}: {problem}" for problem in _object(sent, rules, "")]


def _tree(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """`metadata[a]=b` and `expand[0]=c` as {"metadata": {"a": "b"}, "expand": {"0": "c"}}."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        *outer, last = re.findall(r"[^\[\]]+", name)
        node = tree
        for step in outer:
            node = node.setdefault(step, {})
        node[last] = value
    return tree


def _rules(method: str, path: str) -> dict[str, Any]:
    """Those of the version we use where the index has the call, else the names that the document of 2023 knows."""
    for call, rules in index()["params"].items():
        if call.startswith(f"{method} ") and _fits(call.split()[1], path):
            return rules
    verb = method.lower()
    template = next(one for one, methods in openapi()["paths"].items() if verb in methods and _fits(one, path))
    operation = openapi()["paths"][template][verb]
    form = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"].get("properties", {})
    query = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
    return {name: {"type": "map"} for name in [*query, *form]}


def _fits(template: str, path: str) -> bool:
    """An id has an underscore between its kind and itself, so that `search` is none."""
    pattern = re.sub(r"\{[^}]+\}", r"[a-z]+_[^/]+", template)
    return re.fullmatch(pattern, path) is not None


def _object(sent: dict[str, Any], rules: dict[str, Any], at: str, left_out: tuple[str, ...] = ()) -> Iterator[str]:
    for name, value in sent.items():
        if name in rules:
            yield from _value(value, rules[name], f"{at}{name}")
        elif name not in left_out:
            yield f"there is no {at}{name}"
    for name, rule in rules.items():
        if rule.get("required") and name not in sent:
            yield f"{at}{name} is missing"


def _value(value: Any, rule: dict[str, Any], at: str) -> Iterator[str]:
    if "oneOf" in rule:
        if all(list(_value(value, one, at)) for one in rule["oneOf"]):
            yield f"{at}: {value!r} is nothing that it may be"
    elif "enum" in rule:
        if value not in rule["enum"] and not rule.get("open"):
            yield f"{at}: {value!r} is not one of {rule['enum']}"
    elif rule["type"] == "object" and isinstance(value, dict):
        yield from _object(value, rule["fields"], f"{at}.", tuple(rule.get("fields_left_out", ())))
    elif rule["type"] == "list" and isinstance(value, dict):
        for place, member in value.items():
            yield from _value(member, rule["items"], f"{at}[{place}]")
    elif rule["type"] != "map" and not (isinstance(value, str) and LOOKS.get(rule["type"], bool)(value)):
        yield f"{at}: {value!r} is not of type {rule['type']}"
