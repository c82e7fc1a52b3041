"""The merchant's PayPal account: its objects by id, how they look from outside, and the events that tell of them."""

import json
from collections.abc import Callable
from typing import Any

from sandbox.paypal.wire import Document, missing, new_id, now
from sandbox.store import Drawer
from sandbox.webhooks import Message


class Account:
    """Objects are plain documents of a kind; events leave through `post`. `base` is our address as last seen."""

    def __init__(self, drawer: Drawer, post: Callable[[Message], None], base: str) -> None:
        self.drawer = drawer
        self.post = post
        self.base = base
        self.manner: Document = {}

    def get(self, kind: str, key: str) -> Document:
        document = self.drawer.get(kind, key)
        if document is None:
            raise missing()
        return document

    def save(self, kind: str, document: Document) -> Document:
        document["update_time"] = now()
        self.drawer.put(kind, document["id"], document)
        return document

    def of_order(self, kind: str, order_id: str) -> list[Document]:
        """The order's captures or refunds, oldest first."""
        return [one for one in reversed(self.drawer.newest(kind)) if one["_order"] == order_id]

    def announce(self, event_type: str, resource_type: str, resource: Document, summary: str) -> None:
        """Record an event with the object as it is now, and send it on its way."""
        event_id = f"WH-{new_id()}-{new_id()}"
        event: Document = {
            "id": event_id,
            "event_version": "1.0",
            "create_time": now(),
            "resource_type": resource_type,
            "resource_version": "2.0",
            "event_type": event_type,
            "summary": summary,
            "resource": resource,
            "links": [
                {"href": f"{self.base}/v1/notifications/webhooks-events/{event_id}", "rel": "self", "method": "GET"}
            ],
        }
        self.drawer.put("event", event_id, event)
        self.post(message_of(event))


def message_of(event: Document) -> Message:
    return Message(event["id"], event["event_type"], json.dumps(event, separators=(",", ":")).encode())


def public(document: Document) -> dict[str, Any]:
    """The object as PayPal shows it: what the sandbox keeps for itself begins with an underscore."""
    return {name: value for name, value in document.items() if not name.startswith("_")}
