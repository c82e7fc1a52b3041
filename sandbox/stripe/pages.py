"""Stripe's pages for people: the list of payments, and the page where one is paid, declined or authenticated."""

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.company import Endpoint, address_of
from sandbox.pages import link, page, state, table
from sandbox.stripe import charging, refunds
from sandbox.stripe.account import Account, Document
from sandbox.stripe.cards import CARDS
from sandbox.stripe.people import BAD, GOOD, Customer
from sandbox.stripe.wire import StripeError

WITHOUT_CENTS = {
    "bif",
    "clp",
    "djf",
    "gnf",
    "jpy",
    "kmf",
    "krw",
    "mga",
    "pyg",
    "rwf",
    "vnd",
    "vuv",
    "xaf",
    "xof",
    "xpf",
}

SAYINGS = {
    "succeeded": "The payment has succeeded.",
    "requires_capture": "The amount is authorised and waits to be captured.",
    "canceled": "This payment was cancelled; it cannot be paid any more.",
    "processing": "The bank is still working on it.",
}


def money(document: Document) -> str:
    """The amount as people write it: 12.34 USD."""
    if "amount" not in document:
        return "Saving a card"
    places = 0 if document["currency"] in WITHOUT_CENTS else 2
    return f"{Decimal(document['amount']).scaleb(-places):,} {document['currency'].upper()}"


def routes(account: Account) -> Sequence[BaseRoute]:
    async def overview(request: Request) -> Response:
        return page("Stripe", _overview(account))

    async def show(request: Request) -> Response:
        intent = _customer(account, request).intent
        back = _back(intent, request.query_params.get("return_url"))
        return page(money(intent), _intent(account, intent, back), narrow=True)

    async def act(request: Request) -> Response:
        form = await request.form()
        customer, back = _customer(account, request), form.get("return_url") or None
        if form.get("step") == "authenticate":
            intent = customer.authenticate(passed=form.get("answer") == "approve")
            if intent.get("_return_url"):
                return RedirectResponse(_with_outcome(intent, intent["_return_url"]), 303)
        else:
            customer.pay(form.get("card") or None, back)
        return RedirectResponse(request.url.path + (f"?{urlencode({'return_url': back})}" if back else ""), 303)

    async def settle(request: Request) -> Response:
        refunds.settle(account, account.get("refund", request.path_params["id"]))
        return RedirectResponse("/stripe/", 303)

    return [
        Route("/", overview),
        Route("/pay/{id}", _or_not_found(show), methods=["GET"]),
        Route("/pay/{id}", _or_not_found(act), methods=["POST"]),
        Route("/refunds/{id}/settle", _or_not_found(settle), methods=["POST"]),
    ]


def _or_not_found(endpoint: Endpoint) -> Endpoint:
    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except StripeError as error:
            body = f"<h1>That cannot be done</h1><p>{escape(str(error))}</p><p>{link('/stripe/', 'All payments')}</p>"
            return page("That cannot be done", body, narrow=True, status=error.status)

    return guarded


def _customer(account: Account, request: Request) -> Customer:
    return Customer(account, request.path_params["id"], base_url=f"{address_of(request)}/stripe")


def _overview(account: Account) -> str:
    intents = account.newest("payment_intent") + account.newest("setup_intent")
    rows = [
        [link(f"/stripe/pay/{one['id']}", money(one)), f"<code>{one['id']}</code>", state(one["status"]), _order(one)]
        for one in intents[:100]
    ]
    returned = [
        [money(one), f"<code>{one['id']}</code>", state(one["status"]), _settle(account, one)]
        for one in account.newest("refund")[:50]
    ]
    return (
        "<h1>Stripe</h1><h2>Payments</h2>"
        + table(["Amount", "Id", "State", "Metadata"], rows, "Nobody has tried to pay yet.")
        + "<h2>Refunds</h2>"
        + table(["Amount", "Id", "State", "Time"], returned, "Nothing has been refunded yet.")
    )


def _order(intent: Document) -> str:
    return "<br>".join(f"{escape(name)}: {escape(value)}" for name, value in intent["metadata"].items())


def _settle(account: Account, refund: Document) -> str:
    late = charging.card_of(account.get("payment_method", refund["payment_method"])).refund
    if refund["status"] != "pending" and (late != "late_failure" or refund["status"] != "succeeded"):
        return ""
    return f'<form method="post" action="/stripe/refunds/{refund["id"]}/settle"><button>Let time pass</button></form>'


def _intent(account: Account, intent: Document, back: str | None) -> str:
    details = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in intent["metadata"].items()
    )
    parts = [
        f'<div class="card"><h1 class="amount">{escape(money(intent))}</h1>',
        f'<p>{escape(intent["description"] or "")} <code class="soft">{intent["id"]}</code></p>',
        f"<table>{details}</table>" if details else "",
        f"<p>State: {state(intent['status'])}</p>{_what_happened(intent)}</div>",
    ]
    if intent["status"] == "requires_action":
        parts.append(_authentication())
    elif intent["status"] in {"requires_payment_method", "requires_confirmation"}:
        parts.append(_payment(back))
    if back:
        parts.append(f"<p>{link(_with_outcome(intent, back), 'Back to the shop')}</p>")
    return "\n".join([*parts, f"<p>{link('/stripe/', 'All payments')}</p>"])


def _what_happened(intent: Document) -> str:
    error = intent.get("last_payment_error") or intent.get("last_setup_error")
    if error:
        words = f"{error['message']} ({error.get('decline_code') or error['code']})"
        return f'<p class="bad" role="status">{escape(words)} Another card may be tried.</p>'
    saying = SAYINGS.get(intent["status"])
    return f'<p role="status">{saying}</p>' if saying else ""


def _payment(back: str | None) -> str:
    hidden = f'<input type="hidden" name="return_url" value="{escape(back)}">' if back else ""
    cards = "".join(f'<option value="{card.number}">{card.number} · {escape(card.title)}</option>' for card in CARDS)
    return f"""<div class="card">
<form method="post">{hidden}<button class="primary" name="card" value="{GOOD}">Approve</button></form>
<form method="post">{hidden}<button name="card" value="{BAD}">Decline</button></form>
<h2>Or try a test card</h2>
<form method="post">{hidden}<label for="card">Card</label><select id="card" name="card">{cards}</select>
<button>Pay with this card</button></form></div>"""


def _authentication() -> str:
    return """<div class="card"><h2>3-D Secure</h2><p>The bank wants to know that it is you.</p>
<form method="post"><input type="hidden" name="step" value="authenticate">
<button class="primary" name="answer" value="approve">Approve after 3-D Secure</button>
<button name="answer" value="decline">Fail the check</button></form></div>"""


def _back(intent: Document, asked: str | None) -> str | None:
    """Where the customer came from, if that is a web address."""
    address = asked or intent.get("_return_url")
    return address if address and urlsplit(address).scheme in {"http", "https"} else None


def _with_outcome(intent: Document, address: str) -> str:
    """What Stripe appends on the way back: for the shop a hint, never a proof."""
    kind = intent["object"]
    outcome = "succeeded" if intent["status"] in {"succeeded", "requires_capture"} else "failed"
    sent = {kind: intent["id"], f"{kind}_client_secret": intent["client_secret"], "redirect_status": outcome}
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(sent)}"
