"""Messages: taken, sent, delivered and read, or not. Source: https://www.twilio.com/docs/messaging/api/message-resource"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from urllib.parse import urlencode

from starlette.requests import Request

from sandbox.twilio import content
from sandbox.twilio.account import Account, Document, Refused, new_sid, now

SHOP = "whatsapp:+14155238886"
NUMBER = re.compile(r"(whatsapp:)?\+[1-9]\d{6,14}")
PATH = ["queued", "sent", "delivered", "read"]
OVER = {"failed", "undelivered", "canceled"}
LONGEST_TEXT = 1600
WINDOW = timedelta(hours=24)
OPTED_OUT = 21610
SAYINGS = {
    OPTED_OUT: "Attempt to send to unsubscribed recipient",
    21211: "Invalid 'To' Phone Number",
    21408: "Permission to send a message has not been enabled for the region indicated by the 'To' number",
    63016: "Failed to send freeform message because you are outside the allowed window.",
    63024: "Invalid message recipient",
}


def create(account: Account, request: Request, asked: Document) -> Document:
    """Take a message, or refuse it; many that are taken fail later."""
    to = asked.get("To", "")
    _check_addresses(to, asked.get("From", ""), asked.get("MessagingServiceSid", ""))
    if code := account.switches["refuse"].get(_bare(to)) or (OPTED_OUT if _has_left(account, to) else None):
        raise Refused(429 if code == 20429 else 400, code, SAYINGS.get(code, f"Error {code}"))
    words, failure = _words(account, asked)
    if failure is None and to.startswith("whatsapp:") and not asked.get("ContentSid") and not _is_open(account, to):
        failure = 63016
    message = _document(request, asked, words)
    message["_fails"] = failure or account.switches["fail"].get(_bare(to))
    account.save("message", message)
    account.later(account.switches["delivery_seconds"], partial(_pass_time, account, message["sid"]))
    return message


def show(account: Account, request: Request, asked: Document) -> Document:
    return account.get("message", request.path_params["sid"])


def list_all(account: Account, request: Request, asked: Document) -> Document:
    """Newest first; a date compares with when a message was sent, so one that still waits has none."""
    found = account.newest("message")
    found = [one for one in found if asked.get("To", one["to"]) == one["to"]]
    found = [one for one in found if asked.get("From", one["from"]) == one["from"]]
    if since := asked.get("DateSent>"):
        moment = datetime.fromisoformat(since)
        earliest = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        found = [one for one in found if one["date_sent"] and parsedate_to_datetime(one["date_sent"]) >= earliest]
    if day := asked.get("DateSent"):
        found = [one for one in found if one["date_sent"] and _day(one) == day]
    size, number = int(asked.get("PageSize", 50)), int(asked.get("Page", 0))
    path = request.url.path.removeprefix("/twilio")
    first = number * size

    def page(which: int) -> str:
        return f"{path}?{urlencode(asked | {'Page': which, 'PageSize': size})}"

    return {
        "messages": found[first : first + size],
        "page": number,
        "page_size": size,
        "start": first,
        "end": min(first + size, len(found)) - 1,
        "first_page_uri": page(0),
        "next_page_uri": page(number + 1) if len(found) > first + size else None,
        "previous_page_uri": None,
        "uri": path,
    }


def become(account: Account, message: Document, status: str, error_code: int | None = None) -> Document:
    """Change the state and tell of it; nothing checks that it is the next."""
    message = message | {"status": status, "date_updated": now()}
    if status == "sent" or (not message["date_sent"] and status in PATH[1:]):
        message["date_sent"] = now()
    if error_code:
        message |= {"error_code": error_code, "error_message": SAYINGS.get(error_code, f"Error {error_code}")}
    account.save("message", message)
    account.announce(message)
    return message


def hear(account: Account, number: str, words: str) -> Document:
    """Somebody writes from a phone: the window is open for a day, STOP closes everything, and the shop is told."""
    at = datetime.now(UTC)
    known = account.drawer.get("phone", number) or {"sid": number}
    has_left = {"STOP": True, "START": False}.get(words.strip().upper(), known.get("has_left", False))
    account.save("phone", known | {"heard_at": at.isoformat(), "has_left": has_left})
    asked = {"To": SHOP, "From": f"whatsapp:{number}"}
    message = _blank(asked, words, account.words_go_to())
    message |= {"direction": "inbound", "status": "received", "date_sent": now()}
    account.save("message", message)
    account.pass_on(message)
    return message


def _check_addresses(to: str, sender: str, service: str) -> None:
    if not NUMBER.fullmatch(to):
        raise Refused(400, 21211 if to else 21604, f"Invalid 'To' Phone Number: {to[:40]}")
    if service:
        return
    if not NUMBER.fullmatch(sender):
        raise Refused(400, 21603 if not sender else 21212, "A 'From' phone number is required.")
    if to.startswith("whatsapp:") != sender.startswith("whatsapp:"):
        raise Refused(400, 21910, "Invalid From and To pair. From and To should be of the same channel")


def _words(account: Account, asked: Document) -> tuple[str, int | None]:
    if sid := asked.get("ContentSid"):
        template = account.drawer.get("content", sid)
        if template is None:
            raise Refused(400, 21655, "The ContentSid Parameter is invalid.")
        return content.fill(template, content.read_variables(asked.get("ContentVariables", "")))
    words = asked.get("Body", "")
    if not words:
        raise Refused(400, 21602, "Message body is required.")
    if len(words) > LONGEST_TEXT:
        raise Refused(400, 21617, "The concatenated message body exceeds the 1600 character limit")
    return words, None


def _document(request: Request, asked: Document, words: str) -> Document:
    callback = asked.get("StatusCallback", "")
    message = _blank(asked, words, callback) | {"account_sid": request.path_params["account"]}
    path = f"/2010-04-01/Accounts/{message['account_sid']}/Messages/{message['sid']}"
    message |= {"uri": f"{path}.json", "subresource_uris": {"media": f"{path}/Media.json"}}
    return message


def _blank(asked: Document, words: str, callback: str) -> Document:
    at = now()
    return {
        "account_sid": content.NOBODY,
        "api_version": "2010-04-01",
        "body": words,
        "date_created": at,
        "date_sent": None,
        "date_updated": at,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": asked.get("From", SHOP),
        "messaging_service_sid": asked.get("MessagingServiceSid"),
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": new_sid("SM"),
        "status": "queued",
        "subresource_uris": {},
        "to": asked["To"],
        "uri": "",
        "_callback": callback,
        "_content_sid": asked.get("ContentSid", ""),
        "_fails": None,
    }


def _pass_time(account: Account, sid: str) -> None:
    """Sent, and some time later delivered; or failed. Nobody reads of himself: that is done on the page."""
    message = account.drawer.get("message", sid)
    if message is None or message["status"] in {*OVER, *PATH[2:]}:
        return
    if message["_fails"]:
        become(account, message, "undelivered" if message["status"] == "sent" else "failed", message["_fails"])
        return
    following = PATH[PATH.index(message["status"]) + 1]
    become(account, message, following)
    if following == "sent":
        account.later(account.switches["delivery_seconds"], partial(_pass_time, account, sid))


def pass_time(account: Account, message: Document) -> Document:
    """One step, now."""
    if message["status"] == "delivered":
        return become(account, message, "read")
    _pass_time(account, message["sid"])
    return account.get("message", message["sid"])


def _is_open(account: Account, to: str) -> bool:
    heard_at = (account.drawer.get("phone", _bare(to)) or {}).get("heard_at")
    return heard_at is not None and datetime.now(UTC) - datetime.fromisoformat(heard_at) < WINDOW


def _has_left(account: Account, to: str) -> bool:
    return bool((account.drawer.get("phone", _bare(to)) or {}).get("has_left"))


def _bare(address: str) -> str:
    return address.removeprefix("whatsapp:")


def _day(message: Document) -> str:
    return parsedate_to_datetime(message["date_sent"]).date().isoformat()
