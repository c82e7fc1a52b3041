"""WhatsApp and SMS by Twilio, through its own SDK.

Source: https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import urlsplit

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from apps.notifications.exceptions import NotSendable, OutcomeUnknown, ReportNotGenuine, TryLater
from apps.notifications.providers.base import Heard, Outgoing, Progress, Report

LIVE = "https://api.twilio.com"
WHATSAPP = "whatsapp:"
CATEGORY = "UTILITY"  # transactional: Meta neither caps nor blocks it
CODE_CATEGORY = "AUTHENTICATION"  # Meta takes codes in no other
_LOOKED_THROUGH = 50
_CLOCKS_DIFFER = timedelta(minutes=2)

_PROGRESS = {
    "sent": Progress.SENT,
    "partially_delivered": Progress.SENT,
    "delivered": Progress.DELIVERED,
    "read": Progress.READ,
    "undelivered": Progress.FAILED,
    "failed": Progress.FAILED,
    "canceled": Progress.FAILED,
}  # all others wait: accepted, scheduled, queued, sending

# Source of the codes: https://www.twilio.com/docs/api/errors
_LATER = {20429, 63018}  # too many requests; the tier's daily limit
_CLOSED = {21211, 21610, 21614, 63024, 63003, 63014}  # no number, none that has this channel, or its owner said stop
_NOT_NOW = {63005, 63015, 63032, 63049}  # Meta will not have this one delivered; another may be
# Whatever is in none of the three is a mistake of ours: login, sender, region, template, variables, window.


@dataclass(frozen=True, slots=True)
class TwilioProvider:
    """One of its channels: `prefix` stands before both numbers, and is empty for SMS."""

    client: Client
    auth_token: str
    sender: str
    prefix: str
    code: ClassVar[str] = "twilio"

    def send(self, message: Outgoing) -> Report:
        words: dict[str, Any] = {"body": message.text}
        if message.content_sid:
            words = {"content_sid": message.content_sid, "content_variables": _json(message.variables)}
        if _is_public(message.report_url):
            words["status_callback"] = message.report_url
        with _refusals():
            taken = self.client.messages.create(
                to=f"{self.prefix}{message.recipient}", from_=f"{self.prefix}{self.sender}", **words
            )
            return _report(taken)

    def find(self, message: Outgoing, *, since: datetime) -> Sequence[Report]:
        """Newest first. By when they were made, because one that still waits has no date on which it was sent; by their
        variables, because the owner may have changed the words around them."""
        with _refusals():
            recent = self.client.messages.list(to=f"{self.prefix}{message.recipient}", limit=_LOOKED_THROUGH)
            return [
                _report(one)
                for one in recent
                if one.direction == "outbound-api"
                and one.date_created >= since - _CLOCKS_DIFFER
                and _says(one.body, message)
            ]

    def fetch(self, provider_id: str) -> Report:
        with _refusals():
            return _report(self.client.messages(provider_id).fetch())

    def read_report(self, *, url: str, params: Mapping[str, Any], signature: str) -> Report:
        """`params` as Django has read them: one that comes several times counts with each of its values."""
        self._require_genuine(url, params, signature)
        status, code = params.get("MessageStatus", ""), params.get("ErrorCode", "")
        return report_of(params.get("MessageSid", ""), status, code, params.get("ErrorMessage", ""))

    def read_words(self, *, url: str, params: Mapping[str, Any], signature: str) -> Heard:
        """What somebody wrote to us. Raises ReportNotGenuine. `OptOutType` is what Twilio itself makes of it, if asked.

        Source: https://www.twilio.com/docs/messaging/guides/webhook-request
        """
        self._require_genuine(url, params, signature)
        sender = str(params.get("From", ""))
        channel = "whatsapp" if sender.startswith(WHATSAPP) else "sms"
        return Heard(channel, sender.removeprefix(WHATSAPP), str(params.get("OptOutType") or params.get("Body") or ""))

    def _require_genuine(self, url: str, params: Mapping[str, Any], signature: str) -> None:
        if not RequestValidator(self.auth_token).validate(url, params, signature):
            raise ReportNotGenuine("The signature is not Twilio's.")

    def create_template(
        self, *, name: str, language: str, body: str, examples: Mapping[str, str], code_minutes: int = 0
    ) -> str:
        """Make a template and ask for its approval; returns its SID. One for codes has Meta's words, not `body`.

        Raises:
            TryLater, OutcomeUnknown, NotSendable: as for a message.
        """
        wanted = {"friendly_name": name, "language": language, "variables": dict(examples)}
        with _refusals():
            made = self._content("POST", "", {**wanted, "types": _type(body, code_minutes)})
            sid, category = str(made["sid"]), CODE_CATEGORY if code_minutes else CATEGORY
            self._content("POST", f"/{sid}/ApprovalRequests/whatsapp", {"name": name, "category": category})
            return sid

    def approval_of(self, content_sid: str) -> tuple[str, str]:
        """Meta's word on a template, and why; the word is empty if nobody has asked."""
        with _refusals():
            approval = self._content("GET", f"/{content_sid}/ApprovalRequests")["whatsapp"] or {}
            return str(approval.get("status") or ""), str(approval.get("rejection_reason") or "")

    def _content(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The Content API by hand, for the SDK wants a class for each field of it."""
        headers = {"Content-Type": "application/json"} if body else {}
        url = f"https://content.twilio.com/v1/Content{path}"
        response = self.client.request(method, url, data=body, headers=headers)
        answer: dict[str, Any] = json.loads(response.text)
        if response.status_code >= 400:
            message, code = answer.get("message", ""), answer.get("code")
            raise TwilioRestException(response.status_code, url, message, code, method)
        return answer


class _Post:
    """The SDK's HTTP client, with our time limit, and sent to another address than Twilio's own if we are told to."""

    def __init__(self, base_url: str, seconds: float) -> None:
        self.base_url = base_url.rstrip("/")
        self.http = TwilioHttpClient(timeout=seconds)  # it waits for ever unless told

    def request(self, method: str, url: str, **options: Any) -> Any:
        if self.base_url != LIVE:
            parts = urlsplit(url)
            url = f"{self.base_url}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        return self.http.request(method, url, **options)


@lru_cache(maxsize=4)
def connect(user: str, password: str, account_sid: str, base_url: str, seconds: float) -> Client:
    """One client and connection pool for each set of settings; the user is the account or an API key."""
    return Client(user, password, account_sid, http_client=_Post(base_url, seconds))


def report_of(provider_id: str, status: str, code: object, reason: str) -> Report:
    """What Twilio says of a message, in our words."""
    digits = str(code or "")
    number = int(digits) if digits.isdecimal() else 0
    progress = _PROGRESS.get(status, Progress.TAKEN)
    has_failed = progress is Progress.FAILED
    return Report(
        provider_id=provider_id,
        progress=progress,
        error_code=str(number) if number and has_failed else "",
        error=(reason or f"Twilio says {status}") if has_failed else "",
        is_closed=has_failed and number in _CLOSED,
        is_ours=has_failed and number not in _LATER | _CLOSED | _NOT_NOW | {0},
    )


def _report(message: Any) -> Report:
    return report_of(message.sid, str(message.status), message.error_code, message.error_message or "")


def _says(body: str | None, message: Outgoing) -> bool:
    words = list(message.variables.values()) if message.content_sid else [message.text]
    return all(one in (body or "") for one in words)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what the SDK and the wire raise into what it means for a message."""
    try:
        yield
    except TwilioRestException as refusal:
        raise _meaning(refusal) from refusal
    except requests.ConnectTimeout as error:
        raise TryLater("Twilio cannot be reached.") from error
    except (requests.RequestException, TwilioException, ValueError, KeyError) as error:
        raise OutcomeUnknown(f"Twilio's answer was lost: {type(error).__name__}.") from error


def _meaning(refusal: TwilioRestException) -> Exception:
    if refusal.status == requests.codes.too_many_requests or refusal.code in _LATER:
        return TryLater(f"Twilio says later ({refusal.code}).")
    if refusal.status >= 500 or refusal.status == requests.codes.conflict:
        return OutcomeUnknown(f"Twilio has trouble of its own ({refusal.status}).")
    is_closed = refusal.code in _CLOSED
    return NotSendable(
        refusal.msg or f"Twilio refuses ({refusal.status})",
        code=str(refusal.code or ""),
        is_closed=is_closed,
        is_ours=not is_closed and refusal.code not in _NOT_NOW,
    )


def _type(body: str, code_minutes: int) -> dict[str, Any]:
    """Source: https://www.twilio.com/docs/content/whatsappauthentication"""
    if not code_minutes:
        return {"twilio/text": {"body": body}}
    button = {"type": "COPY_CODE", "copy_code_text": "Copy Code"}
    words = {"add_security_recommendation": True, "code_expiration_minutes": code_minutes, "actions": [button]}
    return {"whatsapp/authentication": words}


def _json(variables: Mapping[str, str]) -> str:
    return json.dumps(dict(variables), ensure_ascii=False)


def _is_public(url: str) -> bool:
    return url.startswith(("https://", "http://"))
