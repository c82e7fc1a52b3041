"""What the control API can do with Twilio's objects, and no caller of Twilio's API may."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.twilio import content, messages
from sandbox.twilio.account import SWITCHES, Account, Document, Refused, public

Action = Callable[[Account, Document, Document], Document]
STATUSES = [*messages.PATH, *sorted(messages.OVER)]


def routes(account: Account) -> Sequence[BaseRoute]:
    actions: dict[str, tuple[str, Action]] = {
        "/messages/{name}/step": ("message", lambda account, one, _: messages.pass_time(account, one)),
        "/messages/{name}/status": ("message", change_status),
        "/contents/{name}/judge": ("content", judge),
    }

    async def switch(request: Request) -> Response:
        wishes = await _wishes(request)
        if unknown := wishes.keys() - SWITCHES.keys():
            return JSONResponse({"detail": f"There is no {', '.join(sorted(unknown))} to set."}, 400)
        account.drawer.put("switches", "all", account.switches | wishes)
        return JSONResponse(account.switches)

    async def list_messages(request: Request) -> Response:
        return JSONResponse(public(account.newest("message")))

    async def say(request: Request) -> Response:
        """Somebody writes to the shop; `hours_ago` makes it an old message."""
        wishes, number = await _wishes(request), request.path_params["number"]
        message = messages.hear(account, number, wishes.get("body", "Hola"))
        heard_at = datetime.now(UTC) - timedelta(hours=wishes.get("hours_ago", 0))
        account.save("phone", account.get("phone", number) | {"heard_at": heard_at.isoformat()})
        return JSONResponse(public(message))

    return [
        Route("/switches", switch, methods=["PUT"]),
        Route("/messages", list_messages),
        Route("/phones/{number}/says", say, methods=["POST"]),
        *(Route(path, _endpoint(account, kind, action), methods=["POST"]) for path, (kind, action) in actions.items()),
    ]


def change_status(account: Account, message: Document, wishes: Document) -> Document:
    if wishes.get("status") not in STATUSES:
        raise Refused(400, 20001, f"status is one of {', '.join(STATUSES)}.")
    return messages.become(account, message, wishes["status"], wishes.get("error_code"))


def judge(account: Account, template: Document, wishes: Document) -> Document:
    return content.judge(account, template, status=wishes.get("status", "approved"), reason=wishes.get("reason", ""))


def _endpoint(account: Account, kind: str, action: Action) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            document = account.get(kind, request.path_params["name"])
            return JSONResponse(public(action(account, document, await _wishes(request))))
        except Refused as refusal:
            return JSONResponse({"detail": str(refusal)}, refusal.status)

    return endpoint


async def _wishes(request: Request) -> Document:
    return await request.json() if await request.body() else {}
