"""Stripe, as far as a shop needs it: PaymentIntents, SetupIntents, customers, refunds, disputes, events."""

import base64
import contextlib
import hashlib
import hmac
import json
import re
import time
from collections.abc import Sequence
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from sandbox.company import Company, Endpoint, address_of
from sandbox.settings import Target
from sandbox.stripe import control, lists, pages
from sandbox.stripe.account import Account, message_of, new_id
from sandbox.stripe.idempotency import Keys
from sandbox.stripe.routes import ROUTES, ApiRoute
from sandbox.stripe.wire import API_VERSION, Call, StripeError, decode_form, encode, invalid, words
from sandbox.webhooks import Message

CLIENT_FIELDS = words("""
    id object amount amount_details automatic_payment_methods canceled_at cancellation_reason capture_method
    client_secret confirmation_method created currency description excluded_payment_method_types last_payment_error
    last_setup_error livemode next_action payment_method payment_method_configuration_details payment_method_types
    processing receipt_email setup_future_usage shipping source status usage
""")


class Stripe(Company):
    name = "stripe"
    title = "Stripe"
    default_secret = "whsec_sandbox"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.account = Account(self.drawer, self.courier.post, lambda event_type: len(self.targets(event_type)))
        self.keys = Keys(self.drawer)

    def routes(self) -> Sequence[BaseRoute]:
        by_path: dict[str, dict[str, ApiRoute]] = {}
        for route in ROUTES:
            by_path.setdefault(route.path.removeprefix("/v1"), {})[route.method] = route
        api = [
            Route(path, self.api(self._serve(methods)), methods=["GET", "POST", "DELETE"])
            for path, methods in by_path.items()
        ]
        api.append(Route("/{rest:path}", self.api(self._serve({})), methods=["GET", "POST", "DELETE"]))
        browsers = Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])
        return [Mount("/v1", routes=api, middleware=[browsers]), *pages.routes(self.account)]

    def control_routes(self) -> Sequence[BaseRoute]:
        return control.routes(self.account)

    def refuse(self, request: Request, status: int) -> Response:
        message, fields = {
            409: ("The object is being changed by another request.", {"code": "lock_timeout"}),
            429: ("Request rate limit exceeded.", {"code": "rate_limit"}),
            500: ("An unknown error occurred.", {"type": "api_error"}),
        }[status]
        return self._error(StripeError(status, message, **fields), request)

    def webhook_headers(self, target: Target, body: bytes) -> dict[str, str]:
        at = int(time.time())
        return {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": f"t={at},v1={signature(body, target.secret, at)}",
        }

    def altered(self, body: bytes, field: str, value: Any) -> bytes:
        event = json.loads(body)
        for name in ("amount", "amount_received") if field == "amount" else ("currency",):
            if name in event["data"]["object"]:
                event["data"]["object"][name] = value
        return encode(event)

    def message(self, event_id: str) -> Message | None:
        event = self.drawer.get("event", event_id)
        return event and message_of(event)

    def events(self) -> list[dict[str, Any]]:
        return self.account.newest("event")

    def targets(self, event_type: str) -> list[Target]:
        endpoints = [
            Target(one["url"], one["_secret"], one["id"])
            for one in self.account.newest("webhook_endpoint")
            if "*" in one["enabled_events"] or event_type in one["enabled_events"]
        ]
        return super().targets(event_type) + endpoints

    def delivered(self, event_id: str) -> None:
        event = self.drawer.get("event", event_id)
        if event is not None and event["pending_webhooks"] > 0:
            event["pending_webhooks"] -= 1
            self.account.save(event)

    def answered_instead(self, request: Request, response: Response) -> None:
        self.keys.replace(request.headers.get("idempotency-key", ""), response.status_code, bytes(response.body))

    def overview(self) -> list[tuple[str, str, str]]:
        return [
            (f"/stripe/pay/{one['id']}", f"{pages.money(one)} · {one['id']}", one["status"])
            for one in self.account.newest("payment_intent")[:10]
        ]

    async def reset(self) -> None:
        await super().reset()
        self.keys.in_flight.clear()

    def _serve(self, methods: dict[str, ApiRoute]) -> Endpoint:
        async def serve(request: Request) -> Response:
            route = methods.get(request.method)
            try:
                call = await self._read(request, route)
            except StripeError as error:
                return self._error(error, request)
            try:
                response = await self._answer(request, route, call)
            except StripeError as error:
                response = self._error(error)
            return self._sign_off(response, request, call.request_id)

        return serve

    async def _read(self, request: Request, route: ApiRoute | None) -> Call:
        """Admit the caller and decode the request, or refuse it; nothing is recorded before this has passed."""
        text = (await request.body()).decode(errors="replace") if request.method == "POST" else request.url.query
        params = decode_form(text)
        client = _admit(request.headers.get("authorization", ""), params.pop("key", ""))
        path = request.url.path.removeprefix("/stripe")
        if route is None:
            raise StripeError(404, f"Unrecognized request URL ({request.method}: {path}).")
        if client and not route.client:
            raise StripeError(
                403,
                "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a "
                "list of your API keys at https://dashboard.stripe.com/account/apikeys.",
                code="secret_key_required",
            )
        expand = params.pop("expand", [])
        unknown = sorted(params.keys() - set(route.params.split()))
        if unknown:
            raise invalid(f"Received unknown parameter: {unknown[0]}", unknown[0], "parameter_unknown")
        return Call(
            path=path,
            params=params,
            ids=dict(request.path_params),
            request_id=new_id("req", 14),
            base_url=f"{address_of(request)}/stripe",
            key=request.headers.get("idempotency-key") if request.method == "POST" else None,
            client=client,
            expand=expand if isinstance(expand, list) else [expand],
        )

    async def _answer(self, request: Request, route: ApiRoute, call: Call) -> Response:
        """Repeat what was answered to this key before, or do the work now and keep its answer."""
        kept = self.keys.begin(call)
        if kept is not None:
            return kept
        try:
            await request.state.pause()
            response = self._do(route, call)
        finally:
            self.keys.end(call)
        return response

    def _do(self, route: ApiRoute, call: Call) -> Response:
        self.account.asking = call
        try:
            answer = lists.render(self.account, call, route.handler(self.account, call))
            if call.client:
                answer = {name: value for name, value in answer.items() if name in CLIENT_FIELDS}
            response = Response(encode(answer), media_type="application/json")
        except StripeError as error:
            if not error.stored:
                raise
            response = self._error(error)
        finally:
            self.account.asking = None
        self.keys.keep(call, response.status_code, bytes(response.body))
        return response

    def _error(self, error: StripeError, request: Request | None = None) -> Response:
        response = Response(encode({"error": error.error}), error.status, media_type="application/json")
        return response if request is None else self._sign_off(response, request, new_id("req", 14))

    def _sign_off(self, response: Response, request: Request, request_id: str) -> Response:
        response.headers["request-id"] = request_id
        response.headers["stripe-version"] = request.headers.get("stripe-version", API_VERSION)
        if request.method == "POST" and "idempotency-key" in request.headers:
            response.headers["idempotency-key"] = request.headers["idempotency-key"]
            response.headers.setdefault("original-request", request_id)
        return response


def signature(body: bytes, secret: str, at: int) -> str:
    """v1 of the Stripe-Signature header. Source: https://docs.stripe.com/webhooks#verify-manually"""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def _admit(authorization: str, key_in_form: str) -> bool:
    """Check the API key (Bearer, Basic user name, or by Stripe.js in the form); True for a publishable one."""
    scheme, _, credentials = authorization.partition(" ")
    key = credentials.strip() if scheme.lower() == "bearer" else key_in_form
    if scheme.lower() == "basic":
        with contextlib.suppress(ValueError):
            key = base64.b64decode(credentials).decode(errors="replace").partition(":")[0]
    if not key:
        raise StripeError(
            401,
            "You did not provide an API key. You need to provide your API key in the Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        )
    if not re.fullmatch(r"(sk|rk|pk)_test_[\w-]+", key):
        raise StripeError(401, f"Invalid API Key provided: {key[:8]}{'*' * 8}{key[-4:]}")
    return key.startswith("pk_")
