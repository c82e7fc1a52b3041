"""The merchant's Paystack account: its objects, its switches, the events that tell of their changes."""

import asyncio
import json
import random
import string
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sandbox.store import Drawer
from sandbox.webhooks import Message

Document = dict[str, Any]

SWITCHES: Document = {
    "currencies": ["NGN", "GHS", "KES", "ZAR", "USD", "XOF"],  # the first stands in where none is named
    "fees_to_customer": False,
    "refund_seconds": 30,  # until a refund is processed of itself; null leaves that to the control API
}
ALPHABET = string.ascii_lowercase + string.digits


class Refused(Exception):
    """A refusal in Paystack's words. Source: https://paystack.com/docs/api/errors"""

    def __init__(
        self, status: int, message: str, *, code: str = "", type: str = "validation_error", step: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {
            "status": False,
            "message": message,
            "meta": {"nextStep": step or "Ensure that the value(s) you're passing are valid."},
            "type": type,
            "code": code or "invalid_params",
        }


class Account:
    """Objects are plain documents, kept by kind and key; a field that begins with _ is the sandbox's own."""

    def __init__(self, drawer: Drawer, post: Callable[[Message], None]) -> None:
        self.drawer = drawer
        self.post = post
        self.due: set[asyncio.TimerHandle] = set()

    def find(self, kind: str, key: object) -> Document | None:
        return self.drawer.get(kind, str(key))

    def get(self, kind: str, key: object) -> Document:
        document = self.find(kind, key)
        if document is None:
            raise Refused(404, f"{kind.capitalize()} not found", code=f"{kind}_not_found")
        return document

    def save(self, kind: str, document: Document) -> Document:
        self.drawer.put(kind, str(document["reference" if kind == "transaction" else "id"]), document)
        return document

    def newest(self, kind: str) -> list[Document]:
        return self.drawer.newest(kind)

    def transaction(self, name: object) -> Document:
        """By its reference or by its id."""
        same = (one for one in self.newest("transaction") if str(one["id"]) == str(name))
        found = self.find("transaction", name) or next(same, None)
        if found is None:
            raise Refused(400, "Transaction not found", code="transaction_not_found")
        return found

    @property
    def switches(self) -> Document:
        return SWITCHES | (self.find("switches", "all") or {})

    def announce(self, kind: str, data: Document) -> None:
        """Record an event with the object as it is now, and send it on its way; over the wire it has no number."""
        event = {"id": f"event-{new_number()}", "event": kind, "data": public(data)}
        self.drawer.put("event", event["id"], event)
        self.post(message_of(event))

    def later(self, seconds: float | None, work: Callable[[], Any]) -> None:
        if seconds is not None:
            self.due.add(asyncio.get_running_loop().call_later(seconds, work))

    def forget_what_was_due(self) -> None:
        for handle in self.due:
            handle.cancel()
        self.due.clear()


def message_of(event: Document) -> Message:
    return Message(event["id"], event["event"], encode({"event": event["event"], "data": event["data"]}))


def public(document: Any) -> Any:
    """Without what only the sandbox needs to know."""
    if isinstance(document, list):
        return [public(one) for one in document]
    if not isinstance(document, dict):
        return document
    return {name: public(value) for name, value in document.items() if not name.startswith("_")}


def page_of(documents: list[Document], asked: Document) -> Document:
    """Part of a list, with the account of it that Paystack adds."""
    each, number = int(asked.get("perPage", 50)), int(asked.get("page", 1))
    count = max(1, -(-len(documents) // each))
    meta = {"total": len(documents), "skipped": (number - 1) * each, "page": number, "pageCount": count}
    return {"data": public(documents[(number - 1) * each : number * each]), "meta": {**meta, "perPage": each}}


def encode(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def new_number() -> int:
    return random.randrange(10**9, 10**10)


def new_code(length: int = 15) -> str:
    return "".join(random.choices(ALPHABET, k=length))


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
