"""PayPal: an order for each attempt, approved on PayPal's page, captured by the shop, watched by webhooks.

Source: https://developer.paypal.com/docs/api/orders/v2/, payments/v2/, customer-disputes/v1/ and webhooks/v1/
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from apps.common.money import Money
from apps.payments.exceptions import ProviderRejected
from apps.payments.providers.base import (
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
from apps.payments.providers.paypal.webhooks import SIGNATURE_HEADERS, About, Signatures
from apps.payments.providers.paypal.wire import Api

LIVE = "https://api-m.paypal.com"
OUR_PAYMENT, OUR_REFUND = "shop_payment.", "shop_refund."  # before our name in custom_id: others use the account too

# Source: https://developer.paypal.com/api/rest/reference/currency-codes/
CURRENCIES = frozenset(
    "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD".split()
)
_WITHOUT_DECIMALS = frozenset({"HUF", "JPY", "TWD"})  # in ISO 4217 the yen alone

_ORDER_STATUS = {
    "CREATED": ProviderStatus.PENDING,
    "SAVED": ProviderStatus.PENDING,
    "PAYER_ACTION_REQUIRED": ProviderStatus.PENDING,
    "APPROVED": ProviderStatus.AUTHORISED,
    "VOIDED": ProviderStatus.CANCELLED,
}  # COMPLETED does not mean money: the capture decides
_TAKEN = frozenset({"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"})
_CAPTURE_STATUS = {"DECLINED": ProviderStatus.FAILED, "FAILED": ProviderStatus.FAILED}  # any other: not decided
_CONTESTED = frozenset({"BUYER_COMPLAINT", "CHARGEBACK"})
_REFUND_STATUS = {
    "PENDING": ProviderStatus.PROCESSING,
    "COMPLETED": ProviderStatus.SUCCEEDED,
    "FAILED": ProviderStatus.FAILED,
    "CANCELLED": ProviderStatus.FAILED,
}
_LOST = frozenset({"RESOLVED_BUYER_FAVOUR", "ACCEPTED"})

_ANSWERED_BY_THE_ORDER = frozenset(
    "ORDER_ALREADY_CAPTURED ORDER_ALREADY_COMPLETED ORDER_NOT_APPROVED PAYER_ACTION_REQUIRED ORDER_EXPIRED".split()
)


@dataclass(frozen=True, slots=True)
class PayPalProvider:
    """Our reference is the request id that makes a repeat find the same order, and stands in custom_id and invoice_id.

    PayPal takes an invoice id once in the life of an account, so even an order made twice is paid once.
    """

    api: Api
    signatures: Signatures
    brand_name: str
    is_live: bool
    currencies: frozenset[str]
    window: timedelta
    countries: frozenset[str] = frozenset()
    code: ClassVar[str] = "paypal"
    signature_headers: ClassVar[Sequence[str]] = SIGNATURE_HEADERS
    delivery: ClassVar[Delivery] = Delivery.ANY

    def takes(self, amount: Money) -> bool:
        try:
            return amount.currency in self.currencies and amount.amount > 0 and bool(to_value(amount))
        except ValueError:
            return False

    def start(self, *, reference: str, amount: Money, email: str, return_url: str, cancel_url: str) -> ProviderPayment:
        experience = {
            "brand_name": self.brand_name,
            "shipping_preference": "NO_SHIPPING",
            "user_action": "PAY_NOW",
            "payment_method_preference": "IMMEDIATE_PAYMENT_REQUIRED",  # no cheque that takes longer than our window
            "return_url": return_url,
            "cancel_url": cancel_url,
        }
        unit = {
            "amount": _amount(amount),  # the total alone: a breakdown must add up to the cent, and nobody needs it
            "custom_id": OUR_PAYMENT + reference,
            "invoice_id": reference,
            "description": reference,
        }
        source = {"paypal": {"experience_context": experience}}
        body = {"intent": "CAPTURE", "purchase_units": [unit], "payment_source": source}
        return self._payment(self.api.call("POST", "/v2/checkout/orders", key=reference, body=body))

    def fetch(self, provider_reference: str) -> ProviderPayment:
        return self._payment(self._order(provider_reference))

    def capture(self, provider_reference: str, *, key: str) -> ProviderPayment:
        """Where another path was quicker, or the customer is not there yet, the order itself is the answer."""
        path = f"/v2/checkout/orders/{provider_reference}/capture"
        try:
            return self._payment(self.api.call("POST", path, key=f"cap:{key}", body={}))
        except ProviderRejected as refusal:
            if refusal.reason not in _ANSWERED_BY_THE_ORDER:
                raise
            truth = self.fetch(provider_reference)
            return _lapsed(truth) if refusal.reason == "ORDER_EXPIRED" else truth

    def void(self, provider_reference: str) -> ProviderPayment:
        """There is nothing to call: an order that nobody captures lapses, and we capture it no more."""
        return _lapsed(self.fetch(provider_reference))

    def refund(self, provider_reference: str, *, amount: Money, key: str) -> ProviderRefund:
        capture = _telling_capture(_captures(self._order(provider_reference)))
        if capture is None:
            raise ProviderRejected(self.code, reason="NOTHING_CAPTURED", message="There is nothing to give back.")
        path = f"/v2/payments/captures/{capture['id']}/refund"
        body = {"amount": _amount(amount), "custom_id": OUR_REFUND + key}
        return _refund(self.api.call("POST", path, key=key, body=body))

    def list_refunds(self, provider_reference: str) -> Sequence[ProviderRefund]:
        return _refunds(self._order(provider_reference))

    def read_webhook(
        self, *, headers: Mapping[str, str], body: bytes, received_at: datetime | None = None
    ) -> ProviderEvent:
        self.signatures.check(headers, body, at=received_at or datetime.now(UTC))
        with reading_event():
            event: dict[str, Any] = json.loads(body)
            about = About.of(event["event_type"], event["resource"])
            return ProviderEvent(
                key=event["id"],
                type=event["event_type"],
                provider_reference=about.order,
                capture_reference=about.capture,
                reference=about.custom.removeprefix(OUR_PAYMENT) if about.custom.startswith(OUR_PAYMENT) else "",
                api_version=event.get("resource_version") or "",
                is_live=self.is_live,
            )

    def _order(self, provider_reference: str) -> dict[str, Any]:
        return self.api.call("GET", f"/v2/checkout/orders/{provider_reference}")

    def _payment(self, order: dict[str, Any]) -> ProviderPayment:
        captures = _captures(order)
        capture = _telling_capture(captures)
        status = _status(order, capture)
        currency = (capture or order["purchase_units"][0])["amount"]["currency_code"]
        taken = (_money(one["amount"]).amount for one in captures if _is_taken(one))
        has_failed = status == ProviderStatus.FAILED and capture is not None
        return ProviderPayment(
            provider_reference=order["id"],
            status=status,
            captured=Money(sum(taken, Decimal(0)), currency),
            capture_reference=capture["id"] if capture else "",
            fee=_fee(capture) if capture else None,
            next_action=_next_action(order) if status == ProviderStatus.PENDING else NextAction(),
            refunds=_refunds(order),
            disputes=self._disputes(capture["id"]) if capture and _reason(capture) in _CONTESTED else (),
            failure_code=(_reason(capture) or capture["status"]) if capture and has_failed else "",
            failure_message="PayPal could not take the money." if has_failed else "",
            answer=_masked(order),
        )

    def _disputes(self, capture_id: str) -> Sequence[ProviderDispute]:
        found = self.api.call("GET", "/v1/customer/disputes", params={"disputed_transaction_id": capture_id})
        return [self._dispute(one) for one in found.get("items", [])]

    def _dispute(self, dispute: dict[str, Any]) -> ProviderDispute:
        """The list tells everything but how it ended."""
        status = DisputeStatus.OPEN
        if dispute["status"] == "RESOLVED":
            whole = self.api.call("GET", f"/v1/customer/disputes/{dispute['dispute_id']}")
            is_lost = whole.get("dispute_outcome", {}).get("outcome_code") in _LOST
            status = DisputeStatus.LOST if is_lost else DisputeStatus.WON
        due = dispute.get("seller_response_due_date")
        return ProviderDispute(
            provider_reference=dispute["dispute_id"],
            amount=_money(dispute["dispute_amount"]),
            status=status,
            reason=dispute.get("reason", ""),
            respond_by=datetime.fromisoformat(due) if due else None,
        )


def to_value(amount: Money) -> str:
    """PayPal's string for an amount; its decimals differ from ISO 4217 for some currencies.

    Raises:
        ValueError: PayPal cannot express this amount; it is never rounded here.
    """
    exact = amount.amount.quantize(Decimal(1) if amount.currency in _WITHOUT_DECIMALS else Decimal("0.01"))
    if amount.currency not in CURRENCIES or exact != amount.amount:
        raise ValueError(f"PayPal cannot express {amount.amount} {amount.currency}")
    return f"{exact:f}"


def _amount(amount: Money) -> dict[str, str]:
    return {"currency_code": amount.currency, "value": to_value(amount)}


def _money(amount: dict[str, str]) -> Money:
    return Money(Decimal(amount["value"]), amount["currency_code"])


def _captures(order: dict[str, Any]) -> list[dict[str, Any]]:
    captures: list[dict[str, Any]] = order["purchase_units"][0].get("payments", {}).get("captures", [])
    return captures


def _telling_capture(captures: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The one that took the money, or else the latest; a declined one may stand before it."""
    return next((one for one in captures if _is_taken(one)), captures[-1] if captures else None)


def _is_taken(capture: dict[str, Any]) -> bool:
    """Money that is held because the customer complained was taken all the same: PayPal has told what we get of it."""
    is_held = _reason(capture) in _CONTESTED and "seller_receivable_breakdown" in capture
    return capture["status"] in _TAKEN or is_held


def _reason(capture: dict[str, Any]) -> str:
    return str(capture.get("status_details", {}).get("reason", ""))


def _status(order: dict[str, Any], capture: dict[str, Any] | None) -> ProviderStatus:
    if capture is not None and _is_taken(capture):
        return ProviderStatus.SUCCEEDED
    if order["status"] != "COMPLETED":
        return _ORDER_STATUS.get(order["status"], ProviderStatus.PENDING)
    return _CAPTURE_STATUS.get(capture["status"] if capture else "", ProviderStatus.PROCESSING)


def _fee(capture: dict[str, Any]) -> Money | None:
    """What PayPal kept; not told while a capture is pending, or in another currency than the payment's."""
    fee = capture.get("seller_receivable_breakdown", {}).get("paypal_fee")
    is_comparable = fee is not None and fee["currency_code"] == capture["amount"]["currency_code"]
    return _money(fee) if is_comparable else None


def _next_action(order: dict[str, Any]) -> NextAction:
    """Orders with a payment source say payer-action, older ones approve."""
    links = {link["rel"]: link["href"] for link in order.get("links", [])}
    url = links.get("payer-action") or links.get("approve")
    return NextAction("redirect", {"url": url}) if url else NextAction()


def _refunds(order: dict[str, Any]) -> Sequence[ProviderRefund]:
    return [_refund(one) for one in order["purchase_units"][0].get("payments", {}).get("refunds", [])]


def _refund(refund: dict[str, Any]) -> ProviderRefund:
    status = _REFUND_STATUS[refund["status"]]
    custom_id = refund.get("custom_id", "")
    return ProviderRefund(
        provider_reference=refund["id"],
        amount=_money(refund["amount"]),
        status=status,
        key=custom_id.removeprefix(OUR_REFUND) if custom_id.startswith(OUR_REFUND) else "",
        failure_message=_reason(refund) or refund["status"] if status == ProviderStatus.FAILED else "",
    )


def _lapsed(truth: ProviderPayment) -> ProviderPayment:
    if truth.status in {ProviderStatus.SUCCEEDED, ProviderStatus.PROCESSING}:
        return truth
    return replace(truth, status=ProviderStatus.CANCELLED, next_action=NextAction())


def _masked(order: dict[str, Any]) -> dict[str, Any]:
    """What is worth keeping of an answer, by name: no payer, no address, no link that pays."""
    payments = order["purchase_units"][0].get("payments", {})
    names = ("id", "status", "status_details", "amount", "seller_receivable_breakdown", "create_time", "update_time")
    kept = {
        kind: [{name: one[name] for name in names if name in one} for one in payments.get(kind, [])]
        for kind in ("captures", "refunds")
    }
    return {name: order.get(name) for name in ("id", "status", "intent", "create_time", "update_time")} | kept
