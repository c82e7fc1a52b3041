"""Paystack's pages for people: the list of payments, and the one on which a customer pays, or does not."""

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.company import Endpoint
from sandbox.pages import link, page, state, table
from sandbox.paystack import refunds, transactions
from sandbox.paystack.account import Account, Document, Refused

SAYINGS = {
    "success": "Payment successful.",
    "reversed": "This payment was given back.",
    "failed": "The card was declined. Another may be tried.",
}
ACTS = {"approve": transactions.approve, "decline": transactions.decline, "later": transactions.abandon}


def money(document: Document) -> str:
    """The amount as people write it: 12.34 NGN."""
    return f"{Decimal(document['amount']).scaleb(-2):,} {document['currency']}"


def address(transaction: Document) -> str:
    return f"/paystack/checkout/{transaction['_code']}"


def routes(account: Account) -> Sequence[BaseRoute]:
    async def overview(request: Request) -> Response:
        return page("Paystack", _overview(account))

    async def show(request: Request) -> Response:
        transaction = _transaction(account, request)
        return page(money(transaction), _checkout(transaction), narrow=True)

    async def act(request: Request) -> Response:
        """Approving and leaving lead back to the shop; after a decline the page stays, for another try."""
        form = await request.form()
        answer = str(form.get("answer", ""))
        transaction = ACTS.get(answer, transactions.abandon)(account, _transaction(account, request))
        back = {"approve": _return(transaction), "later": _cancel(transaction)}.get(answer)
        return RedirectResponse(back or request.url.path, 303)

    async def settle(request: Request) -> Response:
        refunds.settle(account, account.get("refund", request.path_params["id"]))
        return RedirectResponse("/paystack/", 303)

    return [
        Route("/", overview),
        Route("/checkout/{code}", _or_not_found(show), methods=["GET"]),
        Route("/checkout/{code}", _or_not_found(act), methods=["POST"]),
        Route("/refunds/{id:int}/settle", _or_not_found(settle), methods=["POST"]),
    ]


def _or_not_found(endpoint: Endpoint) -> Endpoint:
    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refused as refusal:
            body = (
                f"<h1>That cannot be done</h1><p>{escape(str(refusal))}</p><p>{link('/paystack/', 'All payments')}</p>"
            )
            return page("That cannot be done", body, narrow=True, status=refusal.status)

    return guarded


def _transaction(account: Account, request: Request) -> Document:
    return account.transaction(account.get("page", request.path_params["code"])["reference"])


def _overview(account: Account) -> str:
    paid = [
        [link(address(one), money(one)), f"<code>{escape(one['reference'])}</code>", state(one["status"])]
        for one in account.newest("transaction")[:100]
    ]
    returned = [
        [money(one), f"<code>{escape(one['transaction_reference'])}</code>", state(one["status"]), _settle(one)]
        for one in account.newest("refund")[:50]
    ]
    return (
        "<h1>Paystack</h1><h2>Payments</h2>"
        + table(["Amount", "Reference", "State"], paid, "Nobody has tried to pay yet.")
        + "<h2>Refunds</h2>"
        + table(["Amount", "Reference", "State", "Time"], returned, "Nothing has been refunded yet.")
    )


def _settle(refund: Document) -> str:
    if refund["status"] in refunds.OVER:
        return ""
    return f'<form method="post" action="/paystack/refunds/{refund["id"]}/settle"><button>Let time pass</button></form>'


def _checkout(transaction: Document) -> str:
    saying, is_open = SAYINGS.get(transaction["status"], ""), transaction["status"] not in {"success", "reversed"}
    tone = "bad" if transaction["status"] == "failed" else "soft"
    email, reference = escape(transaction["customer"]["email"]), escape(transaction["reference"])
    parts = [
        f'<div class="card"><h1 class="amount">{escape(money(transaction))}</h1>',
        f'<p>{email} <code class="soft">{reference}</code></p>',
        f"<p>State: {state(transaction['status'])}</p>",
        f'<p class="{tone}" role="status">{saying}</p></div>' if saying else "</div>",
        _buttons() if is_open else "",
    ]
    if (back := _return(transaction)) and not is_open:
        parts.append(f"<p>{link(back, 'Back to the shop')}</p>")
    return "\n".join([*parts, f"<p>{link('/paystack/', 'All payments')}</p>"])


def _buttons() -> str:
    return """<div class="card"><form method="post">
<button class="primary" name="answer" value="approve">Approve</button>
<button name="answer" value="decline">Decline</button>
<button name="answer" value="later">Pay later</button></form></div>"""


def _return(transaction: Document) -> str | None:
    """Where the customer goes after paying: for the shop a hint, never a proof."""
    back, reference = _web(transaction["_callback_url"]), transaction["reference"]
    sent = urlencode({"trxref": reference, "reference": reference})
    return back and f"{back}{'&' if urlsplit(back).query else '?'}{sent}"


def _cancel(transaction: Document) -> str | None:
    metadata = transaction["metadata"]
    return _web(metadata.get("cancel_action")) if isinstance(metadata, dict) else None


def _web(address: str | None) -> str | None:
    return address if address and urlsplit(address).scheme in {"http", "https"} else None
