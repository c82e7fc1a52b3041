"""How Stripe talks: form bodies with bracket nesting in, JSON objects and error bodies out."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

API_VERSION = "2026-10-28.endive"
DOCS = "https://stripe.com/docs/error-codes"


def words(text: str) -> set[str]:
    return set(text.split())


class StripeError(Exception):
    """An answer that is not 200. `stored` answers are repeated to a retry with the same idempotency key."""

    def __init__(self, status: int, message: str, *, stored: bool = True, **fields: Any) -> None:
        super().__init__(message)
        self.status = status
        self.stored = stored
        error = {"type": "invalid_request_error", "message": message, **fields}
        if error.get("code"):
            error["doc_url"] = f"{DOCS}/{error['code'].replace('_', '-')}"
        self.error = {name: value for name, value in error.items() if value is not None}


def invalid(message: str, param: str | None = None, code: str | None = None) -> StripeError:
    """The parameters are wrong; nothing was begun, so nothing is stored."""
    return StripeError(400, message, stored=False, param=param, code=code)


def refused(message: str, code: str | None = None, **fields: Any) -> StripeError:
    """The parameters are well formed, but the object's state forbids what they ask."""
    return StripeError(400, message, code=code, **fields)


def missing(kind: str, key: str, param: str) -> StripeError:
    return StripeError(404, f"No such {kind}: '{key}'", code="resource_missing", param=param)


def decode_form(text: str) -> dict[str, Any]:
    """Turn `a[b]=1&c[]=2&c[]=3` into {"a": {"b": "1"}, "c": ["2", "3"]}."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        *path, last = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name) or [name]
        node = root
        for step in path:
            node = node.setdefault(step, {})
            if not isinstance(node, dict):
                raise invalid(f"Invalid object: {step}", step)
        node[last or str(len(node))] = value
    return {name: _lists(name, value) for name, value in root.items()}


def _lists(name: str, node: Any) -> Any:
    if not isinstance(node, dict) or name == "metadata":
        return node
    inner = {key: _lists(key, value) for key, value in node.items()}
    return list(inner.values()) if inner and all(key.isdigit() for key in inner) else inner


@dataclass
class Call:
    """One request: its parameters decoded, and who asks. `client` means a browser, holding only a client secret."""

    path: str
    params: dict[str, Any]
    ids: dict[str, str]
    request_id: str
    base_url: str
    key: str | None = None
    client: bool = False
    expand: list[str] = field(default_factory=list)

    def text(self, name: str, default: Any = None) -> Any:
        """A string, or the default where it is absent; Stripe takes an empty string for "unset", which is None."""
        value = self.params.get(name, default)
        if isinstance(value, dict | list):
            raise invalid(f"Invalid string: {value}", name)
        return None if value == "" else value

    def required(self, name: str) -> str:
        if self.params.get(name, "") == "":
            raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
        return str(self.text(name))

    def integer(self, name: str, default: int | None = None) -> int | None:
        value = self.text(name)
        if value is None:
            return default
        if not re.fullmatch(r"-?\d+", value):
            raise invalid(f"Invalid integer: {value}", name, "parameter_invalid_integer")
        return int(value)

    def flag(self, name: str) -> bool:
        return boolean(self.text(name, "false"), name)

    def choice(self, name: str, allowed: set[str], default: str | None = None) -> str | None:
        value = self.text(name)
        if value is not None and value not in allowed:
            raise invalid(f"Invalid {name}: must be one of {', '.join(sorted(allowed))}", name)
        return value or default

    def group(self, name: str) -> dict[str, Any]:
        value = self.params.get(name) or {}
        if not isinstance(value, dict):
            raise invalid("Invalid object", name)
        return value

    def metadata(self, before: dict[str, str]) -> dict[str, str]:
        """The metadata after this call: what was sent is merged in, and an empty value takes its key away."""
        sent = self.params.get("metadata", {})
        if sent == "":
            return {}
        for name, value in self.group("metadata").items():
            _check_metadatum(name, value)
        merged = {name: value for name, value in {**before, **sent}.items() if value != ""}
        if len(merged) > 50:
            raise invalid("You can only specify up to 50 metadata keys.", "metadata")
        return merged


def _check_metadatum(name: str, value: Any) -> None:
    if len(name) > 40:
        raise invalid(
            f"Metadata keys can have up to 40 characters, but you passed in a key that is {len(name)} characters. "
            f"Invalid key: {name}",
            "metadata",
        )
    if not isinstance(value, str):
        raise invalid("Invalid string", f"metadata[{name}]")
    if len(value) > 500:
        raise invalid(
            f"Metadata values can have up to 500 characters, but you passed in a value that is {len(value)} "
            f"characters. Invalid value: {value}",
            f"metadata[{name}]",
        )


def boolean(value: Any, name: str) -> bool:
    if value not in ("true", "false"):
        raise invalid(f"Invalid boolean: {value}", name)
    return value == "true"


def public(document: dict[str, Any]) -> dict[str, Any]:
    """The object as Stripe shows it: what the sandbox keeps for itself begins with an underscore."""
    return {name: value for name, value in document.items() if not name.startswith("_")}


def encode(document: dict[str, Any]) -> bytes:
    return json.dumps(document, indent=2).encode()
