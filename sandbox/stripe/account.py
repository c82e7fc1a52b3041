"""The merchant's Stripe account: its objects by id, and the events that tell of their changes."""

import random
import string
import time
from collections.abc import Callable
from typing import Any

from sandbox.store import Drawer
from sandbox.stripe.wire import API_VERSION, Call, encode, missing, public
from sandbox.webhooks import Message

Document = dict[str, Any]

ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    return f"{prefix}_{''.join(random.choices(ALPHABET, k=length))}"


class Account:
    """Objects are plain documents, kept under their `object` and `id`; events leave through `post`."""

    def __init__(self, drawer: Drawer, post: Callable[[Message], None], receivers: Callable[[str], int]) -> None:
        self.drawer = drawer
        self.post = post
        self.receivers = receivers
        self.asking: Call | None = None

    def get(self, kind: str, key: str, param: str = "id") -> Document:
        document = self.drawer.get(kind, key)
        if document is None:
            raise missing(kind, key, param)
        return document

    def save(self, document: Document) -> Document:
        self.drawer.put(document["object"], document["id"], document)
        return document

    def newest(self, kind: str, **equal: Any) -> list[Document]:
        documents = self.drawer.newest(kind)
        return [one for one in documents if all(one.get(name) == value for name, value in equal.items())]

    def announce(self, event_type: str, document: Document, previous: Document | None = None) -> None:
        """Record an event with the object as it is now, and send it on its way."""
        data: Document = {"object": public(document)}
        if previous is not None:
            data["previous_attributes"] = previous
        asking = self.asking
        event = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": int(time.time()),
            "data": data,
            "livemode": False,
            "pending_webhooks": self.receivers(event_type),
            "request": {"id": asking and asking.request_id, "idempotency_key": asking and asking.key},
            "type": event_type,
        }
        self.save(event)
        self.post(message_of(event))


def message_of(event: Document) -> Message:
    return Message(event["id"], event["type"], encode(event))
