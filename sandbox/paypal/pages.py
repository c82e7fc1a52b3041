"""PayPal's pages for people: the list of orders, and the one where a customer approves or goes back."""

from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.company import Endpoint, address_of
from sandbox.pages import link, page, state, table
from sandbox.paypal import orders
from sandbox.paypal.account import Account
from sandbox.paypal.wire import Document, PayPalError

SAYINGS = {
    "APPROVED": "You have agreed; the shop takes the money next.",
    "COMPLETED": "The shop has taken the money.",
    "VOIDED": "This order cannot be paid any more.",
}


def routes(account: Account) -> Sequence[BaseRoute]:
    async def overview(request: Request) -> Response:
        return page("PayPal", _overview(account))

    async def show(request: Request) -> Response:
        order = account.get("order", request.query_params.get("token", ""))
        return page(money(order), _order(order), narrow=True)

    async def act(request: Request) -> Response:
        account.base = f"{address_of(request)}/paypal"
        answer = (await request.form()).get("answer")
        order_id = request.query_params.get("token", "")
        if answer == "cancel":
            return RedirectResponse(_with_names(orders.decline(account, order_id), "_cancel_url"), 303)
        order = orders.approve(account, order_id, instrument_declined=answer == "instrument_declined")
        return RedirectResponse(_with_names(order, "_return_url", PayerID=orders.PAYER["account_id"]), 303)

    return [
        Route("/", overview),
        Route("/checkoutnow", _or_refused(show), methods=["GET"]),
        Route("/checkoutnow", _or_refused(act), methods=["POST"]),
    ]


def money(order: Document) -> str:
    """The amount as people write it: 12.34 USD."""
    amount = order["purchase_units"][0]["amount"]
    return f"{amount['value']} {amount['currency_code']}"


def _or_refused(endpoint: Endpoint) -> Endpoint:
    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except PayPalError as error:
            body = f"<h1>That cannot be done</h1><p>{escape(str(error))}</p><p>{link('/paypal/', 'All orders')}</p>"
            return page("That cannot be done", body, narrow=True, status=error.status)

    return guarded


def _overview(account: Account) -> str:
    rows = [
        [
            link(f"/paypal/checkoutnow?token={one['id']}", money(one)),
            f"<code>{one['id']}</code>",
            state(one["status"]),
            escape(one["purchase_units"][0].get("custom_id", "")),
        ]
        for one in account.drawer.newest("order")[:100]
    ]
    captures = [
        [
            f"{one['amount']['value']} {one['amount']['currency_code']}",
            f"<code>{one['id']}</code>",
            state(one["status"]),
        ]
        for one in account.drawer.newest("capture")[:50]
    ]
    return (
        "<h1>PayPal</h1><h2>Orders</h2>"
        + table(["Amount", "Id", "State", "Of the shop"], rows, "Nobody has tried to pay yet.")
        + "<h2>Captures</h2>"
        + table(["Amount", "Id", "State"], captures, "No money has been taken yet.")
    )


def _order(order: Document) -> str:
    unit = order["purchase_units"][0]
    parts = [
        f'<div class="card"><h1 class="amount">{escape(money(order))}</h1>',
        f"<p>{escape(order['_brand'])}: {escape(unit.get('description', ''))} ",
        f'<code class="soft">{order["id"]}</code></p><p>State: {state(order["status"])}</p>',
        f"{_what_happened(order)}</div>",
    ]
    if order["status"] in {"CREATED", "PAYER_ACTION_REQUIRED"} and not order.get("_expired"):
        parts.append(
            """<div class="card"><form method="post">
<button class="primary" name="answer" value="approve">Approve</button>
<button name="answer" value="cancel">Decline and go back to the shop</button>
<button name="answer" value="instrument_declined">Approve with a card that will be declined</button></form></div>"""
        )
    else:
        parts.append(f"<p>{link(_with_names(order, '_return_url'), 'Back to the shop')}</p>")
    return "\n".join([*parts, f"<p>{link('/paypal/', 'All orders')}</p>"])


def _what_happened(order: Document) -> str:
    if order.get("_instrument_declined") and order["status"] == "PAYER_ACTION_REQUIRED":
        return '<p class="bad" role="status">The card was declined. Another may be tried.</p>'
    saying = SAYINGS.get(order["status"])
    return f'<p role="status">{saying}</p>' if saying else ""


def _with_names(order: Document, back: str, **names: str) -> str:
    """What PayPal appends on the way back: for the shop a hint, never a proof."""
    address = order[back]
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode({'token': order['id'], **names})}"
