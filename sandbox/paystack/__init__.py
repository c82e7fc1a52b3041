"""Paystack, as far as a shop needs it: transactions paid on its page, refunds, disputes, webhooks."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.company import Company, Endpoint, address_of
from sandbox.paystack import control, disputes, pages, refunds, transactions
from sandbox.paystack.account import Account, Document, Refused, encode, message_of, public
from sandbox.settings import Target
from sandbox.webhooks import Message

Work = Callable[[Account, Request, Document], Any]

INVALID_KEY = Refused(
    401, "Invalid key", code="invalid_Key", step="Ensure that you provide the correct authorization key"
)
API: list[tuple[str, str, str, Work]] = [
    ("POST", "/transaction/initialize", "Authorization URL created", transactions.initialize),
    ("GET", "/transaction/verify/{reference}", "Verification successful", transactions.verify),
    ("GET", "/transaction/{id:int}", "Transaction retrieved", transactions.show),
    ("POST", "/refund", "Refund has been queued for processing", refunds.create),
    ("GET", "/refund", "Refunds retrieved", refunds.list_all),
    ("GET", "/refund/{id:int}", "Refund retrieved", refunds.show),
    ("GET", "/dispute", "Disputes retrieved", disputes.list_all),
    ("GET", "/dispute/{id:int}", "Dispute retrieved", disputes.show),
]


class Paystack(Company):
    """The account's secret key signs its webhooks, so `default_secret` is the key that a shop has on a laptop."""

    name = "paystack"
    title = "Paystack"
    default_secret = "sk_test_sandbox"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.account = Account(self.drawer, self.courier.post)

    def routes(self) -> Sequence[BaseRoute]:
        api = [Route(path, self.api(self._serve(work, said)), methods=[method]) for method, path, said, work in API]
        methods = ["GET", "POST", "PUT", "DELETE"]
        return [*pages.routes(self.account), *api, Route("/{rest:path}", self.api(self._nothing), methods=methods)]

    def control_routes(self) -> Sequence[BaseRoute]:
        return control.routes(self.account)

    def refuse(self, request: Request, status: int) -> Response:
        message = {
            409: "Another request for this transaction is being worked on",
            429: "Rate limit exceeded",
            500: "An error occurred",
        }[status]
        return _answer(Refused(status, message, type="api_error").body, status)

    def webhook_headers(self, target: Target, body: bytes) -> dict[str, str]:
        return {"Content-Type": "application/json", "x-paystack-signature": signature(body, target.secret)}

    def altered(self, body: bytes, field: str, value: Any) -> bytes:
        event = json.loads(body)
        names = ("amount", "requested_amount", "refund_amount") if field == "amount" else (field,)
        event["data"].update({name: value for name in names if name in event["data"]})
        return encode(event)

    def events(self) -> list[dict[str, Any]]:
        return self.drawer.newest("event")

    def message(self, event_id: str) -> Message | None:
        event = self.drawer.get("event", event_id)
        return event and message_of(event)

    def overview(self) -> list[tuple[str, str, str]]:
        return [
            (pages.address(one), f"{pages.money(one)} · {one['reference']}", one["status"])
            for one in self.account.newest("transaction")[:10]
        ]

    async def reset(self) -> None:
        self.account.forget_what_was_due()
        await super().reset()

    def _serve(self, work: Work, said: str) -> Endpoint:
        async def serve(request: Request) -> Response:
            try:
                asked = await _read(request)
                await request.state.pause()
                answer = work(self.account, request, asked)
            except Refused as refusal:
                return _answer(refusal.body, refusal.status)
            document = answer if isinstance(answer, dict) and "meta" in answer else {"data": public(answer)}
            return _answer({"status": True, "message": said, **document})

        return serve

    async def _nothing(self, request: Request) -> Response:
        return _answer(Refused(404, "Route not found").body, 404)


def signature(body: bytes, secret: str) -> str:
    """What x-paystack-signature says. Source: https://paystack.com/docs/payments/webhooks"""
    return hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()


async def _read(request: Request) -> Document:
    """Admit the caller and decode what was asked: the body as JSON, or the query."""
    if not re.fullmatch(r"Bearer sk_test_[\w-]+", request.headers.get("authorization", "")):
        raise INVALID_KEY
    if request.method == "GET":
        return dict(request.query_params)
    try:
        asked = json.loads(await request.body())
    except ValueError as error:
        raise Refused(400, "The body is not JSON") from error
    if not isinstance(asked, dict):
        raise Refused(400, "The body is no object")
    return asked | {"_base_url": f"{address_of(request)}/paystack"}


def _answer(document: Document, status: int = 200) -> Response:
    return Response(encode(document), status, media_type="application/json")
