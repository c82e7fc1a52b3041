"""What the control API can do with Paystack's objects, and no caller of Paystack's API may."""

from collections.abc import Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.paystack import disputes, refunds, transactions
from sandbox.paystack.account import SWITCHES, Account, Document, Refused, public

Action = Callable[[Account, Document, Document], Any]


def routes(account: Account) -> Sequence[BaseRoute]:
    actions: dict[str, tuple[str, Action]] = {
        "/transactions/{name}/approve": ("transaction", lambda account, one, _: transactions.approve(account, one)),
        "/transactions/{name}/decline": ("transaction", lambda account, one, _: transactions.decline(account, one)),
        "/transactions/{name}/abandon": ("transaction", lambda account, one, _: transactions.abandon(account, one)),
        "/transactions/{name}/refund": ("transaction", refund_in_the_panel),
        "/transactions/{name}/dispute": ("transaction", dispute),
        "/transactions/{name}": ("transaction", overwriting("transaction")),
        "/refunds/{name}/settle": ("refund", settle),
        "/refunds/{name}": ("refund", overwriting("refund")),
        "/disputes/{name}/remind": ("dispute", lambda account, one, _: disputes.remind(account, one)),
        "/disputes/{name}/resolve": ("dispute", resolve),
        "/disputes/{name}": ("dispute", overwriting("dispute")),
    }

    async def switch(request: Request) -> Response:
        wishes = await _wishes(request)
        if unknown := wishes.keys() - SWITCHES.keys():
            return JSONResponse({"detail": f"There is no {', '.join(sorted(unknown))} to set."}, 400)
        account.drawer.put("switches", "all", account.switches | wishes)
        return JSONResponse(account.switches)

    return [
        Route("/switches", switch, methods=["PUT"]),
        *(Route(path, _endpoint(account, kind, action), methods=["POST"]) for path, (kind, action) in actions.items()),
    ]


def refund_in_the_panel(account: Account, transaction: Document, wishes: Document) -> Document:
    return refunds.queue(account, transaction, wishes.get("amount", transaction["amount"]), wishes)


def dispute(account: Account, transaction: Document, wishes: Document) -> Document:
    category = wishes.get("category", "chargeback")
    return disputes.dispute(account, transaction, category=category, amount=wishes.get("amount"))


def settle(account: Account, refund: Document, wishes: Document) -> Document:
    return refunds.settle(account, refund, wishes.get("status", "processed"))


def resolve(account: Account, disputed: Document, wishes: Document) -> Document:
    resolution = wishes.get("resolution", "auto-accepted")
    if resolution not in disputes.RESOLUTIONS:
        raise Refused(400, f"resolution is one of {', '.join(disputes.RESOLUTIONS)}.")
    return disputes.resolve(account, disputed, resolution)


def overwriting(kind: str) -> Action:
    """Change fields of an object behind everybody's back: no rule is checked and no event is sent."""
    return lambda account, document, wishes: account.save(kind, document | wishes)


def _endpoint(account: Account, kind: str, action: Action) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        name = request.path_params["name"]
        try:
            document = account.transaction(name) if kind == "transaction" else account.get(kind, name)
            return JSONResponse(public(action(account, document, await _wishes(request))))
        except Refused as refusal:
            return JSONResponse({"detail": str(refusal)}, refusal.status)

    return endpoint


async def _wishes(request: Request) -> Document:
    return await request.json() if await request.body() else {}
