"""What the control API can do with PayPal's objects, and no caller of PayPal's API may. README.md has examples."""

from collections.abc import Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.company import address_of
from sandbox.paypal import disputes, orders, refunds
from sandbox.paypal.account import Account, public
from sandbox.paypal.certificates import FLAWS, Certificates
from sandbox.paypal.wire import Document, PayPalError, invalid

MANNERS = {"capture_pending", "refund_pending"}

Action = Callable[[Account, str, dict[str, Any]], Document]

ACTIONS: dict[str, Action] = {
    "/orders/{id}/approve": lambda account, key, wishes: orders.approve(account, key, **wishes),
    "/orders/{id}/decline": lambda account, key, wishes: orders.decline(account, key),
    "/orders/{id}/expire": lambda account, key, wishes: orders.expire(account, key),
    "/captures/{id}/settle": lambda account, key, wishes: orders.settle(
        account, key, wishes.get("status", "COMPLETED")
    ),
    "/captures/{id}/refund": lambda account, key, wishes: refunds.give_back(
        account, account.get("capture", key), wishes
    ),
    "/captures/{id}/reverse": lambda account, key, wishes: refunds.reverse(account, account.get("capture", key)),
    "/captures/{id}/dispute": lambda account, key, wishes: disputes.begin(account, account.get("capture", key), wishes),
    "/refunds/{id}/settle": lambda account, key, wishes: refunds.settle(
        account, key, wishes.get("status", "COMPLETED")
    ),
    "/disputes/{id}/resolve": lambda account, key, wishes: disputes.resolve(
        account, key, wishes.get("outcome", "RESOLVED_BUYER_FAVOUR")
    ),
}
OVERWRITTEN = {"orders": "order", "captures": "capture", "refunds": "refund"}


def routes(
    account: Account, certificates: Certificates, tokens: dict[str, float], sign: Callable[[bytes], dict[str, str]]
) -> Sequence[BaseRoute]:
    async def behave(request: Request) -> Response:
        """How captures and refunds go from now on, until the next reset."""
        wishes = await _wishes(request)
        if unknown := wishes.keys() - MANNERS:
            return JSONResponse({"detail": f"There is no {', '.join(sorted(unknown))} to set."}, 400)
        account.manner |= wishes
        return JSONResponse(account.manner)

    async def forget_tokens(request: Request) -> Response:
        tokens.clear()
        return Response(status_code=204)

    async def change_certificate(request: Request) -> Response:
        flaw = (await _wishes(request)).get("flaw")
        if flaw not in {None, *FLAWS}:
            return JSONResponse({"detail": f"flaw is null or one of {', '.join(sorted(FLAWS))}."}, 400)
        return JSONResponse({"name": certificates.issue(flaw)})

    async def sign_anything(request: Request) -> Response:
        """The headers of a delivery with this body, whatever it says."""
        return JSONResponse(sign((await _wishes(request))["body"].encode()))

    everything = ACTIONS | {f"/{plural}/{{id}}": _overwriting(kind) for plural, kind in OVERWRITTEN.items()}
    return [
        Route("/manner", behave, methods=["PUT"]),
        Route("/sign", sign_anything, methods=["POST"]),
        Route("/tokens", forget_tokens, methods=["DELETE"]),
        Route("/certificate", change_certificate, methods=["POST"]),
        *(Route(path, _endpoint(account, action), methods=["POST"]) for path, action in everything.items()),
    ]


def _overwriting(kind: str) -> Action:
    """Change fields of an object behind everybody's back: no rule is checked and no event is sent."""
    return lambda account, key, wishes: account.save(kind, account.get(kind, key) | wishes)


def _endpoint(account: Account, action: Action) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        account.base = f"{address_of(request)}/paypal"
        try:
            return JSONResponse(public(action(account, request.path_params["id"], await _wishes(request))))
        except PayPalError as error:
            return error.response()
        except TypeError as error:
            return invalid("", str(error)).response()

    return endpoint


async def _wishes(request: Request) -> dict[str, Any]:
    return await request.json() if await request.body() else {}
