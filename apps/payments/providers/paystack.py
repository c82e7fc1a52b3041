"""Paystack: one transaction for each attempt, paid on Paystack's page, known by our own reference.

Source: https://paystack.com/docs/api/transaction
"""

from __future__ import annotations

import atexit
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import quote

import httpx

from apps.common.money import Money
from apps.common.trust import trusted
from apps.payments.exceptions import ProviderRejected, ProviderUnavailable, WebhookNotGenuine
from apps.payments.providers.base import (
    PAGE_LOST,
    Delivery,
    DisputeStatus,
    NextAction,
    ProviderDispute,
    ProviderEvent,
    ProviderPayment,
    ProviderRefund,
    ProviderStatus,
    reading_event,
)

NOT_FOUND, DUPLICATE = "not_found", "duplicate_reference"
OUR_PAYMENT, OUR_REFUND = "shop_payment", "shop_refund"  # tell our objects from others of the account
PAGE_SIZE = 50  # what Paystack sends unless asked for another
SUBUNITS = 2  # decimal places: a hundred to one in every currency, even where ISO 4217 knows no minor unit

_STATUS = {
    "success": ProviderStatus.SUCCEEDED,
    "reversed": ProviderStatus.SUCCEEDED,  # taken, and given back since: refunds and disputes say how
    "failed": ProviderStatus.FAILED,
    "abandoned": ProviderStatus.PENDING,  # so is every page that nobody has opened; it can still be paid
    "ongoing": ProviderStatus.PENDING,  # the customer is typing
    "pending": ProviderStatus.PROCESSING,
    "processing": ProviderStatus.PROCESSING,
    "queued": ProviderStatus.PROCESSING,
}
_REFUND_STATUS = {
    "pending": ProviderStatus.PROCESSING,
    "processing": ProviderStatus.PROCESSING,
    "needs-attention": ProviderStatus.PROCESSING,  # for the customer's bank details; staff give them in the panel
    "processed": ProviderStatus.SUCCEEDED,
    "failed": ProviderStatus.FAILED,
}
_RESOLUTION = {
    "declined": DisputeStatus.WON,
    "merchant-accepted": DisputeStatus.LOST,
    "auto-accepted": DisputeStatus.LOST,
}
_KEPT_FIELDS = (
    "id domain status reference amount requested_amount currency fees channel gateway_response paid_at created_at"
).split()


@dataclass(frozen=True, slots=True)
class PaystackProvider:
    """Our reference names the transaction for ever: it cannot be begun twice, so a lost answer is found again by it."""

    http: httpx.Client
    secret_key: str = field(repr=False)
    is_live: bool
    currencies: frozenset[str]
    minimums: Mapping[str, Decimal]  # by currency; where none is said, any amount will do
    window: timedelta
    countries: frozenset[str] = frozenset()
    code: ClassVar[str] = "paystack"
    signature_headers: ClassVar[Sequence[str]] = ("X-Paystack-Signature",)
    delivery: ClassVar[Delivery] = Delivery.ANY

    def takes(self, amount: Money) -> bool:
        is_enough = amount.amount > 0 and amount.amount >= self.minimums.get(amount.currency, 0)
        return amount.currency in self.currencies and is_enough and amount == amount.rounded()

    def why_not(self, amount: Money) -> str:
        least = self.minimums.get(amount.currency)
        is_short = amount.currency in self.currencies and least is not None and amount.amount < least
        return f"Paystack takes no less than {Money(least, amount.currency)}." if is_short and least else ""

    def start(self, *, reference: str, amount: Money, email: str, return_url: str, cancel_url: str) -> ProviderPayment:
        """Open a page. It is told once: if that answer was lost, the attempt is over before anybody could pay it."""
        body = {
            "reference": reference,
            "amount": to_subunits(amount),
            "currency": amount.currency,  # the account's own currency, if it were left out
            "email": email,
            "callback_url": return_url,
            "metadata": {OUR_PAYMENT: reference, "cancel_action": cancel_url},
        }
        try:
            return self._open_page(body, amount)
        except ProviderRejected as refusal:
            if refusal.reason != DUPLICATE:
                raise
        try:
            return _given_up(self.fetch(reference), PAGE_LOST)
        except ProviderRejected as refusal:
            if refusal.reason != NOT_FOUND:
                raise
        return self._open_page(body, amount)

    def fetch(self, provider_reference: str) -> ProviderPayment:
        return self._payment(self._verify(provider_reference))

    def capture(self, provider_reference: str, *, key: str) -> ProviderPayment:
        """Nothing is left to do: what the customer pays is captured."""
        return self.fetch(provider_reference)

    def void(self, provider_reference: str) -> ProviderPayment:
        """Paystack closes no page. Whoever still pays on it is found by webhook or reconciler, and gets it back."""
        return _given_up(self.fetch(provider_reference))

    def refund(self, provider_reference: str, *, amount: Money, key: str) -> ProviderRefund:
        """Ask once for each key, though Paystack knows none: ours stands in the note that staff see.

        Raises:
            ProviderUnavailable: also while another refund of the payment is under way; one at a time can be told apart.
        """
        known = self.list_refunds(provider_reference)
        if asked_before := next((one for one in known if one.key == key), None):
            return asked_before
        if any(one.status == ProviderStatus.PROCESSING for one in known):
            raise ProviderUnavailable("Paystack is still working on another refund of this payment; try again later.")
        body = {
            "transaction": provider_reference,
            "amount": to_subunits(amount),
            "currency": amount.currency,
            "merchant_note": f"{OUR_REFUND} {key}",
        }
        return _refund(self._call("POST", "/refund", body=body))

    def list_refunds(self, provider_reference: str) -> Sequence[ProviderRefund]:
        return self._refunds_of(self._verify(provider_reference))

    def read_webhook(
        self, *, headers: Mapping[str, str], body: bytes, received_at: datetime | None = None
    ) -> ProviderEvent:
        """Paystack numbers no events: the same bytes are the same event, whenever they come."""
        signature = hmac.new(self.secret_key.encode(), body, hashlib.sha512).hexdigest()
        if not hmac.compare_digest(headers.get("X-Paystack-Signature", "").encode(), signature.encode()):
            raise WebhookNotGenuine("There is no valid signature.")
        with reading_event():
            kind, about = _event(body)
            domain = about.get("domain") or self._domain
            transaction = _transaction_of(kind, about) if domain == self._domain else {}
            return ProviderEvent(
                key=hashlib.sha256(body).hexdigest(),
                type=kind,
                provider_reference=str(transaction.get("reference") or ""),
                reference=_our_reference(transaction.get("metadata")),
                is_live=domain == "live",
            )

    @property
    def _domain(self) -> str:
        return "live" if self.is_live else "test"

    def _open_page(self, body: dict[str, Any], amount: Money) -> ProviderPayment:
        page = self._call("POST", "/transaction/initialize", body=body)
        with _reading():
            return ProviderPayment(
                provider_reference=body["reference"],
                status=ProviderStatus.PENDING,
                captured=Money.zero(amount.currency),
                next_action=NextAction("redirect", {"url": page["authorization_url"]}),
                answer={"reference": page["reference"]},
            )

    def _verify(self, reference: str) -> dict[str, Any]:
        found: dict[str, Any] = self._call("GET", f"/transaction/verify/{quote(reference, safe='')}")
        with _reading():
            if found["domain"] != self._domain:
                raise ProviderRejected(self.code, reason="wrong_domain", message=f"{reference} is {found['domain']}.")
        return found

    def _payment(self, found: dict[str, Any]) -> ProviderPayment:
        with _reading():
            status = _STATUS.get(found["status"], ProviderStatus.PENDING)
            is_taken, is_failed = status == ProviderStatus.SUCCEEDED, status == ProviderStatus.FAILED
            message = found.get("gateway_response") or found.get("message") or ""
            truth = ProviderPayment(
                provider_reference=found["reference"],
                status=status,
                captured=_captured(found) if is_taken else Money.zero(found["currency"]),
                capture_reference=str(found["id"]) if is_taken else "",
                fee=_fee(found) if is_taken else None,
                failure_code=re.sub(r"\W+", "_", message.lower()).strip("_") if is_failed else "",
                failure_message=message if is_failed else "",
                answer={name: found.get(name) for name in _KEPT_FIELDS},
            )
        if not is_taken:
            return truth
        refunds, disputes = self._refunds_of(found), self._disputes_of(found, truth.captured)
        if found["status"] == "reversed" and not (refunds or disputes):
            refunds = [_reversal(truth)]
        return replace(truth, refunds=refunds, disputes=disputes)

    def _refunds_of(self, transaction: dict[str, Any]) -> Sequence[ProviderRefund]:
        """Paystack lists those of all payments. What a dispute took back is the dispute's, and not told twice."""
        rows = self._pages("/refund", {"from": transaction["created_at"]})
        return [_refund(row) for row in rows if _is_of(row, transaction) and not row.get("dispute")]

    def _disputes_of(self, transaction: dict[str, Any], captured: Money) -> Sequence[ProviderDispute]:
        rows = self._pages("/dispute", {"transaction": str(transaction["id"])})
        return [_dispute(row, captured) for row in rows if _is_of(row, transaction)]

    def _pages(self, path: str, params: dict[str, str]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        page, is_full = 1, True
        while is_full:
            try:
                some = self._call("GET", path, params={**params, "perPage": str(PAGE_SIZE), "page": str(page)})
            except ProviderRejected as refusal:
                if refusal.reason != NOT_FOUND:
                    raise
                some = []
            rows += some
            page, is_full = page + 1, len(some) == PAGE_SIZE
        return rows

    def _call(
        self, method: str, path: str, *, body: dict[str, Any] | None = None, params: dict[str, str] | None = None
    ) -> Any:
        """The `data` of an answer; whether it went well is said by the body as much as by the status."""
        with _reading():
            response = self.http.request(method, path, json=body, params=params)
            answer: dict[str, Any] = response.json()
            if response.status_code in {409, 429} or not (response.is_success or response.is_client_error):
                raise ProviderUnavailable("Paystack does not answer; nothing is lost, try again soon.")
            if response.is_client_error or answer["status"] is not True:
                raise _refusal(response.status_code, answer)
            return answer["data"]


@lru_cache(maxsize=4)
def connect(secret_key: str, base_url: str, timeouts: tuple[float, float]) -> httpx.Client:
    """One client and connection pool for each set of settings; repeating calls is the outbox's business."""
    to_connect, to_answer = timeouts
    client = httpx.Client(
        base_url=base_url,
        headers={"Authorization": f"Bearer {secret_key}"},
        timeout=httpx.Timeout(to_answer, connect=to_connect),
        verify=trusted(),
    )
    atexit.register(client.close)
    return client


def to_subunits(amount: Money) -> int:
    """Paystack's integer for an amount.

    Raises:
        ValueError: Paystack cannot express this amount; it is never rounded here.
    """
    count = amount.amount.scaleb(SUBUNITS)
    if count % 1:
        raise ValueError(f"Paystack cannot express {amount.amount} {amount.currency}")
    return int(count)


def from_subunits(count: int | str, currency: str) -> Money:
    """Paystack writes the same figure as a number here and as a string there."""
    return Money(Decimal(str(count)).scaleb(-SUBUNITS), currency.upper())


@contextmanager
def _reading() -> Iterator[None]:
    """No answer, or one of another shape than agreed: nobody knows what has happened."""
    try:
        yield
    except (httpx.HTTPError, LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise ProviderUnavailable("Paystack does not answer in its own words; nothing is lost, try again.") from error


def _refusal(status: int, answer: dict[str, Any]) -> ProviderRejected:
    code, message = str(answer.get("code") or answer.get("type") or ""), str(answer.get("message") or "")
    is_missing = status == httpx.codes.NOT_FOUND or "not found" in message.lower() or code.endswith(NOT_FOUND)
    reason = NOT_FOUND if is_missing else code or "refused"
    return ProviderRejected(PaystackProvider.code, reason=reason, message=message)


def _given_up(truth: ProviderPayment, failure_code: str = "") -> ProviderPayment:
    if truth.status not in {ProviderStatus.PENDING, ProviderStatus.FAILED}:
        return truth
    return replace(truth, status=ProviderStatus.CANCELLED, failure_code=failure_code, failure_message="")


def _captured(found: dict[str, Any]) -> Money:
    """What was asked, if it came whole: a customer who bears the fees pays more, and that more is not ours."""
    paid = from_subunits(found["amount"], found["currency"])
    asked = found.get("requested_amount")
    return min(paid, from_subunits(asked, found["currency"])) if asked else paid


def _fee(found: dict[str, Any]) -> Money | None:
    """What Paystack kept of the captured money; the fees less what the customer paid on top for them."""
    if found.get("fees") is None:
        return None
    paid = from_subunits(found["amount"], found["currency"])
    kept = from_subunits(found["fees"], found["currency"]) - (paid - _captured(found))
    return kept if kept.amount > 0 else Money.zero(kept.currency)


def _refund(row: dict[str, Any]) -> ProviderRefund:
    with _reading():
        status = _REFUND_STATUS.get(row["status"], ProviderStatus.PROCESSING)
        ours = re.fullmatch(rf"{OUR_REFUND} (\S+)", row.get("merchant_note") or "")
        return ProviderRefund(
            provider_reference=str(row["id"]),
            amount=from_subunits(row["amount"], row["currency"]),
            status=status,
            key=ours[1] if ours else "",
            failure_message="" if row["status"] in {"pending", "processing", "processed"} else row["status"],
        )


def _reversal(truth: ProviderPayment) -> ProviderRefund:
    """The money has gone back, and Paystack lists no refund that would say how."""
    name = f"{truth.capture_reference}-reversed"
    return ProviderRefund(provider_reference=name, amount=truth.captured, status=ProviderStatus.SUCCEEDED)


def _dispute(row: dict[str, Any], captured: Money) -> ProviderDispute:
    with _reading():
        asked, due_at, is_over = row.get("refund_amount"), row.get("dueAt"), row["status"] == "resolved"
        return ProviderDispute(
            provider_reference=str(row["id"]),
            amount=captured if asked is None else from_subunits(asked, row.get("currency") or captured.currency),
            status=_RESOLUTION.get(row.get("resolution") or "", DisputeStatus.OPEN) if is_over else DisputeStatus.OPEN,
            reason=row.get("category") or "",
            respond_by=datetime.fromisoformat(due_at) if due_at else None,
        )


def _is_of(row: dict[str, Any], transaction: dict[str, Any]) -> bool:
    """Rows name their transaction by its id, or hold the whole of it."""
    named = row.get("transaction")
    return bool(transaction["id"] == (named.get("id") if isinstance(named, dict) else named))


def _event(body: bytes) -> tuple[str, dict[str, Any]]:
    event = json.loads(body)
    if not isinstance(event["event"], str):
        raise TypeError("an event is named by a word")
    about = event.get("data")
    return event["event"], about if isinstance(about, dict) else {}


def _transaction_of(kind: str, about: dict[str, Any]) -> dict[str, Any]:
    """What the event tells of the transaction it is about; of every other kind nothing, for nothing depends on it."""
    if kind == "charge.success":
        return about
    if kind.startswith(("refund.", "charge.dispute.")):
        inner = about.get("transaction")
        known = inner if isinstance(inner, dict) else {}
        return {**known, "reference": about.get("transaction_reference") or known.get("reference")}
    return {}


def _our_reference(metadata: Any) -> str:
    """Ours out of what we sent along, which comes back as an object, as text, or as an empty something."""
    if isinstance(metadata, str):
        try:
            metadata = json.loads(metadata)
        except ValueError:
            return ""
    return str(metadata.get(OUR_PAYMENT) or "") if isinstance(metadata, dict) else ""
