"""The shop's Twilio account: its objects, its switches, the callbacks that tell of their changes."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from sandbox.store import Drawer
from sandbox.webhooks import Message

Document = dict[str, Any]

SWITCHES: Document = {
    "delivery_seconds": 2,  # until a message is sent, and again until it is delivered; null: the control API says when
    "refuse": {},  # error codes by number, for messages that are refused at once
    "fail": {},  # error codes by number, for messages that are taken and fail later
    "approve": True,  # whether the approval of a template is granted as soon as somebody looks
}
HERE = {"127.0.0.1", "localhost", "::1"}


class Refused(Exception):
    """A refusal in Twilio's words. Source: https://www.twilio.com/docs/usage/twilios-response"""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        more = f"https://www.twilio.com/docs/errors/{code}"
        self.body = {"code": code, "message": message, "more_info": more, "status": status}


class Account:
    """Objects are plain documents, kept by kind and key; a field that begins with _ is the sandbox's own."""

    def __init__(self, drawer: Drawer, post: Callable[[Message], None], words_go_to: Callable[[], str]) -> None:
        self.drawer = drawer
        self.post = post
        self.words_go_to = words_go_to
        self.due: set[asyncio.TimerHandle] = set()

    def get(self, kind: str, key: str) -> Document:
        document = self.drawer.get(kind, key)
        if document is None:
            raise Refused(404, 20404, f"The requested resource {key} was not found")
        return document

    def save(self, kind: str, document: Document) -> Document:
        self.drawer.put(kind, document["sid"], document)
        return document

    def newest(self, kind: str) -> list[Document]:
        return self.drawer.newest(kind)

    @property
    def switches(self) -> Document:
        return SWITCHES | (self.drawer.get("switches", "all") or {})

    def announce(self, message: Document) -> None:
        """Tell whom the message has named of its state as it is now; a message that names nobody is not spoken of."""
        if not message["_callback"]:
            return
        told = {
            "MessageSid": message["sid"],
            "SmsSid": message["sid"],
            "MessageStatus": message["status"],
            "SmsStatus": message["status"],
            "To": message["to"],
            "From": message["from"],
            "AccountSid": message["account_sid"],
            "ApiVersion": message["api_version"],
        }
        if message["to"].startswith("whatsapp:"):
            told |= {"ChannelPrefix": "whatsapp", "ChannelToAddress": message["to"].removeprefix("whatsapp:")}
        if message["status"] == "read":
            told["EventType"] = "READ"
        if message["error_code"]:
            told |= {"ErrorCode": str(message["error_code"]), "ErrorMessage": message["error_message"]}
        self._tell(message, told)

    def pass_on(self, message: Document) -> None:
        """Tell the shop what somebody has written, if it has named an address for that.

        Source: https://www.twilio.com/docs/messaging/guides/webhook-request
        """
        if not message["_callback"]:
            return
        told = {
            "MessageSid": message["sid"],
            "SmsSid": message["sid"],
            "SmsStatus": message["status"],
            "AccountSid": message["account_sid"],
            "ApiVersion": message["api_version"],
            "From": message["from"],
            "To": message["to"],
            "WaId": message["from"].removeprefix("whatsapp:+"),
            "ProfileName": "Sandbox",
            "Body": message["body"],
            "NumMedia": "0",
            "NumSegments": "1",
        }
        self._tell(message, told)

    def _tell(self, message: Document, told: dict[str, str]) -> None:
        name = f"{message['sid']}:{message['status']}"
        event = {"id": name, "type": f"message.{message['status']}", "told": told, "url": message["_callback"]}
        self.drawer.put("event", name, event)
        self.post(message_of(event))

    def later(self, seconds: float | None, work: Callable[[], Any]) -> None:
        if seconds is not None:
            self.due.add(asyncio.get_running_loop().call_later(seconds, work))

    def forget_what_was_due(self) -> None:
        for handle in self.due:
            handle.cancel()
        self.due.clear()


def message_of(event: Document) -> Message:
    """Only addresses on this machine are called; what goes elsewhere is signed and kept."""
    is_here = urlsplit(event["url"]).hostname in HERE
    return Message(event["id"], event["type"], urlencode(event["told"]).encode(), event["url"] if is_here else None)


def public(document: Any) -> Any:
    """Without what only the sandbox needs to know."""
    if isinstance(document, list):
        return [public(one) for one in document]
    if not isinstance(document, dict):
        return document
    return {name: public(value) for name, value in document.items() if not name.startswith("_")}


def new_sid(prefix: str) -> str:
    return f"{prefix}{secrets.token_hex(16)}"


def now() -> str:
    """As the older interface writes times: Thu, 24 Aug 2023 05:01:45 +0000."""
    return format_datetime(datetime.now(UTC))
