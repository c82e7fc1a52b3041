"""Twilio's pages for people: the phones, and on each the conversation with the shop."""

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.pages import link, page, state, table
from sandbox.twilio import messages
from sandbox.twilio.account import Account, Document

STEPS = {"queued": "Send", "sent": "Deliver", "delivered": "Read"}
SHOWN = 100


def other_side(message: Document) -> str:
    """The number of the person, whichever way the message went."""
    address: str = message["from" if message["direction"] == "inbound" else "to"]
    return address.removeprefix("whatsapp:")


def address(message: Document) -> str:
    return f"/twilio/phones/{quote(other_side(message))}"


def routes(account: Account) -> Sequence[BaseRoute]:
    async def overview(request: Request) -> Response:
        return page("Twilio", _overview(account))

    async def conversation(request: Request) -> Response:
        number = request.path_params["number"]
        return page(number, _conversation(account, number), narrow=True)

    async def act(request: Request) -> Response:
        """Let one message take its next step, or write to the shop."""
        form, number = await request.form(), request.path_params["number"]
        if sid := str(form.get("step", "")):
            message = account.drawer.get("message", sid)
            if message is not None:
                messages.pass_time(account, message)
        else:
            messages.hear(account, number, str(form.get("say", "Hola"))[:1000])
        return RedirectResponse(f"/twilio/phones/{quote(number)}", 303)

    return [
        Route("/", overview),
        Route("/phones/{number}", conversation, methods=["GET"]),
        Route("/phones/{number}", act, methods=["POST"]),
    ]


def _overview(account: Account) -> str:
    newest: dict[str, Document] = {}
    for message in account.newest("message"):
        newest.setdefault(other_side(message), message)
    rows = [
        [link(address(one), number), escape(one["body"][:80]), state(one["status"])] for number, one in newest.items()
    ]
    templates = [
        [
            escape(one["friendly_name"]),
            escape(one["language"]),
            f"<code>{one['sid']}</code>",
            state((one["_approval"] or {}).get("status", "draft")),
        ]
        for one in account.newest("content")
    ]
    return (
        "<h1>Twilio</h1><h2>Phones</h2>"
        + table(["Number", "Last message", "State"], rows, "Nobody has been written to yet.")
        + "<h2>Templates</h2>"
        + table(["Name", "Language", "SID", "Approval"], templates, "None has been made yet.")
    )


def _conversation(account: Account, number: str) -> str:
    found = [one for one in account.newest("message") if other_side(one) == number][:SHOWN]
    parts = [f"<h1>{escape(number)}</h1>", f"<p>{link('/twilio/', 'All phones')}</p>"]
    parts += [_bubble(one) for one in reversed(found)] or ['<p class="soft">Nothing has come yet.</p>']
    parts.append(
        '<div class="card"><form method="post"><label>Answer the shop <input name="say" maxlength="1000" required'
        ' autocomplete="off"></label><button>Send</button></form>'
        '<form method="post"><button name="say" value="STOP">STOP</button>'
        '<button name="say" value="START">START</button></form></div>'
    )
    return "\n".join(parts)


def _bubble(message: Document) -> str:
    who = "They" if message["direction"] == "inbound" else "The shop"
    way = "WhatsApp" if "whatsapp:" in message["to"] else "SMS"
    words = escape(message["body"]).replace("\n", "<br>")
    problem = (
        f'<p class="bad">{message["error_code"]}: {escape(message["error_message"])}</p>'
        if message["error_code"]
        else ""
    )
    return (
        f'<div class="card"><p class="soft">{who}, {way}, {escape(message["date_created"])}</p><p>{words}</p>'
        f"<p>{state(message['status'])}</p>{problem}{_step(message)}</div>"
    )


def _step(message: Document) -> str:
    label = STEPS.get(message["status"])
    if label is None:
        return ""
    return f'<form method="post"><button name="step" value="{message["sid"]}">{label}</button></form>'
