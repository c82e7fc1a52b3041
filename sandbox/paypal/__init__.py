"""PayPal, as far as a shop needs it: orders approved on its page, captures, refunds, disputes, signed events."""

import base64
import binascii
import json
import secrets
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.company import Company, address_of
from sandbox.paypal import control, disputes, orders, pages, refunds
from sandbox.paypal.account import Account, message_of
from sandbox.paypal.certificates import Certificates, signed_text
from sandbox.paypal.wire import Call, Document, PayPalError, invalid, missing, now
from sandbox.settings import Target
from sandbox.webhooks import Message

TOKEN_SECONDS = 32_400
HOURS, DAYS = 3600, 86_400

Work = Callable[[Account, Call], Document]
Look = Callable[[Account, Document], Document]


@dataclass(frozen=True)
class Operation:
    """One call of the API: what it does to which kind of object, and for how long a repeat finds what it made."""

    method: str
    path: str
    work: Work
    kind: str
    look: Look
    kept_seconds: int = 0


OPERATIONS = [
    Operation("POST", "/v2/checkout/orders", orders.create, "order", orders.order_document, 6 * HOURS),
    Operation("GET", "/v2/checkout/orders/{id}", orders.retrieve, "order", orders.order_document),
    Operation("POST", "/v2/checkout/orders/{id}/capture", orders.capture, "order", orders.order_document, 6 * HOURS),
    Operation(
        "GET",
        "/v2/payments/captures/{id}",
        lambda account, call: account.get("capture", call.ids["id"]),
        "capture",
        orders.capture_document,
    ),
    Operation("POST", "/v2/payments/captures/{id}/refund", refunds.create, "refund", orders.refund_document, 45 * DAYS),
    Operation("GET", "/v2/payments/refunds/{id}", refunds.retrieve, "refund", orders.refund_document),
    Operation("GET", "/v1/customer/disputes", disputes.listing, "", lambda account, found: found),
    Operation("GET", "/v1/customer/disputes/{id}", disputes.retrieve, "dispute", disputes.document),
]


class PayPal(Company):
    name = "paypal"
    title = "PayPal"
    default_secret = "WH-SANDBOX"  # the id of the webhook, which is signed with each event

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        base = f"http://127.0.0.1:{self.settings.port}/{self.name}"
        self.account = Account(self.drawer, self.courier.post, base)
        self.certificates = Certificates(self.settings.data)
        self.tokens: dict[str, float] = {}  # they outlive a reset, as a token outlives what it has made
        self.in_flight: set[str] = set()

    def routes(self) -> Sequence[BaseRoute]:
        by_path: dict[str, dict[str, Operation]] = {}
        for one in OPERATIONS:
            by_path.setdefault(one.path, {})[one.method] = one
        return [
            Route("/v1/oauth2/token", self.api(self.hearing(self.give_token)), methods=["POST"]),
            Route("/v1/notifications/certs/{name}", self.api(self.hearing(self.give_certificate))),
            *(
                Route(path, self.api(self.hearing(self._serve(operations))), methods=["GET", "POST"])
                for path, operations in by_path.items()
            ),
            *pages.routes(self.account),
        ]

    def control_routes(self) -> Sequence[BaseRoute]:
        return control.routes(
            self.account, self.certificates, self.tokens, lambda body: self.webhook_headers(self.target, body)
        )

    def overview(self) -> list[tuple[str, str, str]]:
        return [
            (f"/paypal/checkoutnow?token={one['id']}", pages.money(one), one["status"].lower())
            for one in self.drawer.newest("order")[:10]
        ]

    def refuse(self, request: Request, status: int) -> Response:
        issue = {409: "PREVIOUS_REQUEST_IN_PROGRESS"}.get(status, "")
        return PayPalError(status, issue, issue and "A previous request with this id is in progress.").response()

    def webhook_headers(self, target: Target, body: bytes) -> dict[str, str]:
        transmission_id, sent_at = str(uuid.uuid4()), now()
        signed = signed_text(transmission_id, sent_at, target.secret, body)
        return {
            "Content-Type": "application/json",
            "User-Agent": "PayPal/AUHR-214.0-58843935",
            "PAYPAL-TRANSMISSION-ID": transmission_id,
            "PAYPAL-TRANSMISSION-TIME": sent_at,
            "PAYPAL-TRANSMISSION-SIG": self.certificates.sign(signed),
            "PAYPAL-CERT-URL": f"{self.account.base}/v1/notifications/certs/{self.certificates.name()}",
            "PAYPAL-AUTH-ALGO": "SHA256withRSA",
            "PAYPAL-AUTH-VERSION": "v2",
        }

    def altered(self, body: bytes, field: str, value: Any) -> bytes:
        event = json.loads(body)
        resource = event["resource"]
        amount = resource["purchase_units"][0]["amount"] if "purchase_units" in resource else resource["amount"]
        amount["value" if field == "amount" else "currency_code"] = str(value)
        return json.dumps(event, separators=(",", ":")).encode()

    def events(self) -> list[dict[str, Any]]:
        return self.drawer.newest("event")

    def message(self, event_id: str) -> Message | None:
        event = self.drawer.get("event", event_id)
        return message_of(event) if event else None

    async def reset(self) -> None:
        await super().reset()
        self.account.manner = {}
        self.certificates.current = ""

    def hearing(self, work: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """Remember how the caller names us, for links and for the address of the certificate; answer refusals."""

        async def endpoint(request: Request) -> Response:
            self.account.base = f"{address_of(request)}/{self.name}"
            try:
                return await work(request)
            except PayPalError as error:
                return error.response()

        return endpoint

    async def give_token(self, request: Request) -> Response:
        form = await request.form()
        if form.get("grant_type") != "client_credentials":
            return _oauth_refusal(400, "unsupported_grant_type", "Grant type is NULL or not supported")
        client_id, secret = _basic(request)
        if not client_id or secret in {"", "wrong"}:
            return _oauth_refusal(401, "invalid_client", "Client Authentication failed")
        token = f"A21AA{secrets.token_urlsafe(48)}"
        self.tokens[token] = time.monotonic() + TOKEN_SECONDS
        answer = {"scope": "https://uri.paypal.com/services/payments/payment", "access_token": token}
        return JSONResponse(
            answer | {"token_type": "Bearer", "app_id": "APP-80W284485P519543T", "expires_in": TOKEN_SECONDS}
        )

    async def give_certificate(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name == "elsewhere":  # a trap for those who follow
            return RedirectResponse(f"{self.account.base}/v1/notifications/certs/{self.certificates.name()}", 302)
        found = self.certificates.authority if name == "ca.pem" else self.certificates.issued.get(name)
        if found is None:
            raise missing()
        return Response(found, media_type="text/plain")

    def _serve(self, operations: dict[str, Operation]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            if self.tokens.get(token, 0) < time.monotonic():
                return _oauth_refusal(401, "invalid_token", "Token signature verification failed")
            if request.method not in operations:
                raise PayPalError(404)
            return await self._do(operations[request.method], request, await self._call(request))

        return endpoint

    async def _call(self, request: Request) -> Call:
        raw = await request.body()
        try:
            body = json.loads(raw) if raw else {}
            mock = json.loads(request.headers.get("paypal-mock-response", "{}"))
        except ValueError as error:
            raise invalid("", "The request is not JSON.", "MALFORMED_REQUEST_JSON") from error
        return Call(
            path=request.url.path,
            ids=request.path_params,
            params=dict(request.query_params),
            body=body,
            request_id=request.headers.get("paypal-request-id", ""),
            mock=mock.get("mock_application_codes", ""),
        )

    async def _do(self, operation: Operation, request: Request, call: Call) -> Response:
        """A repeat under the same request id finds what the first has made, as it is now."""
        key = f"{call.path} {call.request_id}" if call.request_id and operation.kept_seconds else ""
        if key in self.in_flight:
            raise PayPalError(409, "PREVIOUS_REQUEST_IN_PROGRESS", "A previous request with this id is in progress.")
        kept = self.drawer.get("request", key) if key else None
        if kept and kept["at"] > time.time() - operation.kept_seconds:
            return self._answer(operation, request, self.account.get(operation.kind, kept["made"]), 200)
        self.in_flight |= {key} if key else set()
        try:
            await request.state.pause()
            made = operation.work(self.account, call)
            if key:
                self.drawer.put("request", key, {"made": made["id"], "at": time.time()})
        finally:
            self.in_flight.discard(key)
        return self._answer(operation, request, made, 201 if operation.method == "POST" else 200)

    def _answer(self, operation: Operation, request: Request, found: Document, status: int) -> Response:
        document = operation.look(self.account, found)
        if request.method == "POST" and request.headers.get("prefer") != "return=representation":
            document = {name: document[name] for name in ("id", "status", "links")}
        return JSONResponse(document, status)


def _basic(request: Request) -> tuple[str, str]:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        client_id, _, secret = base64.b64decode(given).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (client_id, secret) if scheme == "Basic" else ("", "")


def _oauth_refusal(status: int, error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)
