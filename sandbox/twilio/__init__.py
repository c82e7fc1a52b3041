"""Twilio, as far as a shop needs it: messages by WhatsApp and SMS, approved templates, signed status callbacks."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.company import Company, Endpoint
from sandbox.settings import Target
from sandbox.twilio import content, control, messages, pages
from sandbox.twilio.account import Account, Document, Refused, message_of, public
from sandbox.webhooks import Message

Work = Callable[[Account, Request, Document], Any]

MESSAGES = "/2010-04-01/Accounts/{account}/Messages"
API: list[tuple[str, str, int, Work]] = [
    ("POST", f"{MESSAGES}.json", 201, messages.create),
    ("GET", f"{MESSAGES}.json", 200, messages.list_all),
    ("GET", MESSAGES + "/{sid}.json", 200, messages.show),
    ("POST", "/v1/Content", 201, content.create),
    ("GET", "/v1/Content/{sid}", 200, content.show),
    ("POST", "/v1/Content/{sid}/ApprovalRequests/whatsapp", 201, content.ask_approval),
    ("GET", "/v1/Content/{sid}/ApprovalRequests", 200, content.show_approval),
]
ACCOUNT = re.compile(r"(AC|SK)[0-9a-fA-F]{32}")
REFUSALS = {409: (20409, "Conflict"), 429: (20429, "Too Many Requests"), 500: (20500, "Internal Server Error")}


class Twilio(Company):
    """The account's auth token signs its callbacks, so `default_secret` is the token that a shop has on a laptop.

    A message names by itself who hears how far it came; the address in the settings hears what people write.
    """

    name = "twilio"
    title = "Twilio"
    default_secret = "sandbox"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.account = Account(self.drawer, self.courier.post, lambda: self.target.url or "")

    def routes(self) -> Sequence[BaseRoute]:
        api = [Route(path, self.api(self._serve(work, status)), methods=[method]) for method, path, status, work in API]
        return [
            *pages.routes(self.account),
            *api,
            Route("/{rest:path}", self.api(self._nothing), methods=["GET", "POST"]),
        ]

    def control_routes(self) -> Sequence[BaseRoute]:
        return control.routes(self.account)

    def refuse(self, request: Request, status: int) -> Response:
        code, message = REFUSALS[status]
        return JSONResponse(Refused(status, code, message).body, status)

    def webhook_headers(self, target: Target, body: bytes) -> dict[str, str]:
        """Signed for the address that the message has named, whichever proxy it is delivered through."""
        told = dict(parse_qsl(body.decode(), keep_blank_values=True))
        address = self.account.get("message", told["MessageSid"])["_callback"]
        return {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": signature(address, told, target.secret),
            "I-Twilio-Idempotency-Token": hashlib.sha256(body).hexdigest()[:32],
        }

    def targets(self, event_type: str) -> list[Target]:
        return []

    def events(self) -> list[dict[str, Any]]:
        return self.drawer.newest("event")

    def message(self, event_id: str) -> Message | None:
        event = self.drawer.get("event", event_id)
        return event and message_of(event)

    def overview(self) -> list[tuple[str, str, str]]:
        return [
            (pages.address(one), f"{pages.other_side(one)} · {one['body'][:60]}", one["status"])
            for one in self.drawer.newest("message")[:10]
        ]

    async def reset(self) -> None:
        self.account.forget_what_was_due()
        await super().reset()

    def _serve(self, work: Work, status: int) -> Endpoint:
        async def serve(request: Request) -> Response:
            try:
                asked = await _read(request)
                await request.state.pause()
                return JSONResponse(public(work(self.account, request, asked)), status)
            except Refused as refusal:
                return JSONResponse(refusal.body, refusal.status)

        return serve

    async def _nothing(self, request: Request) -> Response:
        return JSONResponse(Refused(404, 20404, f"The requested resource {request.url.path} was not found").body, 404)


def signature(address: str, told: dict[str, str], secret: str) -> str:
    """What X-Twilio-Signature says. Source: https://www.twilio.com/docs/usage/security"""
    text = address + "".join(name + told[name] for name in sorted(told))
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


async def _read(request: Request) -> Document:
    """Admit the caller and decode what was asked: a form, JSON for the Content API, or the query."""
    name, password = _credentials(request.headers.get("authorization", ""))
    if not ACCOUNT.fullmatch(name) or password in {"", "wrong"}:
        raise Refused(401, 20003, "Authenticate")
    if request.method == "GET":
        return dict(parse_qsl(request.url.query, keep_blank_values=True))
    body = await request.body()
    if not request.headers.get("content-type", "").startswith("application/json"):
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    try:
        return dict(json.loads(body))
    except ValueError as error:
        raise Refused(400, 20001, "The body is not JSON") from error


def _credentials(header: str) -> tuple[str, str]:
    try:
        name, _, password = base64.b64decode(header.removeprefix("Basic "), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password
