"""What the control API can do with Stripe's objects, and no caller of Stripe's API may."""

from collections.abc import Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.company import address_of
from sandbox.stripe import charging, refunds
from sandbox.stripe.account import Account, Document
from sandbox.stripe.people import Customer
from sandbox.stripe.wire import StripeError, public

KINDS = {
    "payment_intents": "payment_intent",
    "setup_intents": "setup_intent",
    "charges": "charge",
    "refunds": "refund",
    "customers": "customer",
    "disputes": "dispute",
}

Action = Callable[[Account, Request, dict[str, Any]], Any]


def routes(account: Account) -> Sequence[BaseRoute]:
    actions: dict[str, Action] = {
        "/payment_intents/{id}/approve": approve,
        "/payment_intents/{id}/decline": decline,
        "/setup_intents/{id}/approve": approve,
        "/setup_intents/{id}/decline": decline,
        "/refunds/settle": settle_all,
        "/refunds/{id}/settle": settle,
        "/charges/{id}/dispute": open_dispute,
        "/disputes/{id}/close": close_dispute,
        **{f"/{plural}/{{id}}": overwriting(kind) for plural, kind in KINDS.items()},
    }
    return [Route(path, _endpoint(account, action), methods=["POST"]) for path, action in actions.items()]


def approve(account: Account, request: Request, wishes: dict[str, Any]) -> Document:
    return _customer(account, request).approve()


def decline(account: Account, request: Request, wishes: dict[str, Any]) -> Document:
    return _customer(account, request).decline()


def settle(account: Account, request: Request, wishes: dict[str, Any]) -> Document:
    return refunds.settle(account, account.get("refund", request.path_params["id"]))


def settle_all(account: Account, request: Request, wishes: dict[str, Any]) -> list[Document]:
    return [refunds.settle(account, refund) for refund in reversed(account.newest("refund"))]


def open_dispute(account: Account, request: Request, wishes: dict[str, Any]) -> Document | None:
    charged = account.get("charge", request.path_params["id"])
    return charging.open_dispute(account, charged, wishes.get("reason", "fraudulent"))


def close_dispute(account: Account, request: Request, wishes: dict[str, Any]) -> Document:
    disputed = account.get("dispute", request.path_params["id"])
    return charging.close_dispute(account, disputed, wishes.get("status", "lost"))


def overwriting(kind: str) -> Action:
    """Change fields of an object behind everybody's back: no rule is checked and no event is sent."""
    return lambda account, request, wishes: account.save(account.get(kind, request.path_params["id"]) | wishes)


def _customer(account: Account, request: Request) -> Customer:
    return Customer(account, request.path_params["id"], base_url=f"{address_of(request)}/stripe")


def _endpoint(account: Account, action: Action) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        wishes = await request.json() if await request.body() else {}
        try:
            answer = action(account, request, wishes)
        except StripeError as error:
            return JSONResponse({"error": error.error}, error.status)
        return JSONResponse([public(one) for one in answer] if isinstance(answer, list) else public(answer or {}))

    return endpoint
