"""Stripe: one PaymentIntent for each attempt, confirmed by the customer's browser, watched by webhooks.

Source: https://docs.stripe.com/api (version 2026-10-28.endive)
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar, TypeVar

import stripe

from apps.common.money import Money
from apps.payments.exceptions import PaymentDeclined, ProviderRejected, ProviderUnavailable, WebhookNotGenuine
from apps.payments.providers.base import (
    Delivery,
    DisputeStatus,
    NextAction,
    ProviderDispute,
    ProviderEvent,
    ProviderPayment,
    ProviderRefund,
    ProviderStatus,
    SavedMethod,
    reading_event,
)

stripe.enable_telemetry = False

TOLERANCE_SECONDS = 300
KEY_SECONDS = 25 * 3600  # for at least a day Stripe remembers what it has answered to an idempotency key
LARGEST_MINOR_AMOUNT = 99_999_999
# metadata: tells our objects from others of the account
OUR_PAYMENT, OUR_REFUND, OUR_CUSTOMER = "shop_payment", "shop_refund", "shop_customer"
WANTS_THE_CUSTOMER = "authentication_required"  # a bank's answer to a charge in his absence
CARDS_ONLY = ["card"]  # what is saved is what `list_methods` can show

# Source: https://docs.stripe.com/currencies, zero-decimal, three-decimal and special cases
_ZERO_DECIMAL = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
_THREE_DECIMAL = frozenset("BHD JOD KWD OMR TND".split())
_STEP = {**dict.fromkeys(_THREE_DECIMAL, 10), "ISK": 100, "UGX": 100}  # the last digits that must be zero

_INTENT_STATUS = {
    "requires_payment_method": ProviderStatus.PENDING,
    "requires_confirmation": ProviderStatus.PENDING,
    "requires_action": ProviderStatus.PENDING,
    "processing": ProviderStatus.PROCESSING,
    "requires_capture": ProviderStatus.PROCESSING,
    "succeeded": ProviderStatus.SUCCEEDED,
    "canceled": ProviderStatus.CANCELLED,
}
_REFUND_STATUS = {
    "pending": ProviderStatus.PROCESSING,
    "requires_action": ProviderStatus.PROCESSING,
    "succeeded": ProviderStatus.SUCCEEDED,
    "failed": ProviderStatus.FAILED,
    "canceled": ProviderStatus.FAILED,
}
_DISPUTE_STATUS = {
    "won": DisputeStatus.WON,
    "prevented": DisputeStatus.WON,
    "warning_closed": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}  # every other word means that it is not decided
# Every other type is stored and acknowledged; nothing here depends on it.
_TELLING_EVENTS = ("payment_intent.", "charge.refund", "charge.dispute.", "refund.")
_CARD_EVENTS = (
    "setup_intent.succeeded",
    "payment_method.attached",
    "payment_method.detached",
    "payment_method.updated",
    "payment_method.automatically_updated",
    "customer.updated",
)
_KEPT_FIELDS = "id status amount amount_received currency created livemode canceled_at cancellation_reason".split()

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class StripeProvider:
    """Our reference is the idempotency key of the PaymentIntent and is kept in its metadata; the secret is not kept."""

    client: stripe.StripeClient
    publishable_key: str
    webhook_secrets: tuple[str, ...]
    is_live: bool
    currencies: frozenset[str]
    window: timedelta
    countries: frozenset[str] = frozenset()
    code: ClassVar[str] = "stripe"
    signature_headers: ClassVar[Sequence[str]] = ("Stripe-Signature",)
    delivery: ClassVar[Delivery] = Delivery.ANY

    def takes(self, amount: Money) -> bool:
        try:
            return amount.currency in self.currencies and 0 < to_minor_units(amount) <= LARGEST_MINOR_AMOUNT
        except ValueError:
            return False

    def start(self, *, reference: str, amount: Money, email: str, return_url: str, cancel_url: str) -> ProviderPayment:
        params: Any = {
            "amount": to_minor_units(amount),
            "currency": amount.currency.lower(),
            "automatic_payment_methods": {"enabled": True},  # the browser brings its own return address
            "description": reference,
            "metadata": {OUR_PAYMENT: reference},
        }
        intents = self.client.v1.payment_intents
        made = _once(
            lambda key: intents.create(params, {"idempotency_key": key}),
            reference,
            lambda: self._find_intent(reference),
        )
        return self._payment(made)

    def fetch(self, provider_reference: str) -> ProviderPayment:
        expand: Any = {"expand": ["latest_charge.balance_transaction"]}
        intents = self.client.v1.payment_intents
        return self._payment(_call(lambda: intents.retrieve(provider_reference, expand)))

    def capture(self, provider_reference: str, *, key: str) -> ProviderPayment:
        """Nothing is left to do: a PaymentIntent that the customer confirms captures by itself."""
        return self.fetch(provider_reference)

    def void(self, provider_reference: str) -> ProviderPayment:
        try:
            _call(lambda: self.client.v1.payment_intents.cancel(provider_reference))
        except ProviderRejected as refusal:
            if refusal.reason != "payment_intent_unexpected_state":
                raise
        return self.fetch(provider_reference)

    def refund(self, provider_reference: str, *, amount: Money, key: str) -> ProviderRefund:
        params: Any = {
            "payment_intent": provider_reference,
            "amount": to_minor_units(amount),
            "metadata": {OUR_REFUND: key},
        }
        refunds = self.client.v1.refunds
        return _refund(
            _once(
                lambda name: refunds.create(params, {"idempotency_key": name}),
                key,
                lambda: next((one for one in self._refunds(provider_reference) if _mark(one, OUR_REFUND) == key), None),
            )
        )

    def list_refunds(self, provider_reference: str) -> Sequence[ProviderRefund]:
        return [_refund(one) for one in self._refunds(provider_reference)]

    def _refunds(self, provider_reference: str) -> list[stripe.Refund]:
        params: Any = {"payment_intent": provider_reference, "limit": 100}
        return _call(lambda: list(self.client.v1.refunds.list(params).auto_paging_iter()))

    def _find_intent(self, reference: str) -> stripe.PaymentIntent | None:
        """The one of this attempt, if there is one; unlike Stripe's search, the list knows what was made just now."""
        params: Any = {"created": {"gte": int(time.time()) - KEY_SECONDS}, "limit": 100}
        intents = _call(lambda: list(self.client.v1.payment_intents.list(params).auto_paging_iter()))
        return next((one for one in intents if _mark(one, OUR_PAYMENT) == reference), None)

    def create_customer(self, *, key: str, email: str, name: str) -> str:
        params: Any = {"email": email, "name": name, "metadata": {OUR_CUSTOMER: key}}
        return _call(lambda: self.client.v1.customers.create(params, {"idempotency_key": key})).id

    def begin_saving(self, customer: str) -> NextAction:
        params: Any = {"customer": customer, "usage": "off_session", "allowed_payment_method_types": CARDS_ONLY}
        intent = _call(lambda: self.client.v1.setup_intents.create(params))
        return self._by_secret(intent.client_secret, setup_intent=intent.id)

    def list_methods(self, customer: str) -> Sequence[SavedMethod]:
        params: Any = {"type": "card", "limit": 100}
        listed = self.client.v1.customers.payment_methods
        methods = _call(lambda: list(listed.list(customer, params).auto_paging_iter()))
        settings = _call(lambda: self.client.v1.customers.retrieve(customer)).invoice_settings
        default = settings.default_payment_method if settings else None
        return [_saved(one, default if isinstance(default, str) or default is None else default.id) for one in methods]

    def set_default(self, customer: str, method: str) -> None:
        if self._owner_of(method) != customer:
            raise _not_theirs(customer, method)
        params: Any = {"invoice_settings": {"default_payment_method": method}}
        _call(lambda: self.client.v1.customers.update(customer, params))

    def detach(self, customer: str, method: str) -> None:
        owner = self._owner_of(method)
        if owner == customer:
            _call(lambda: self.client.v1.payment_methods.detach(method))
        elif owner is not None:
            raise _not_theirs(customer, method)

    def delete_customer(self, customer: str) -> None:
        _call(lambda: self.client.v1.customers.delete(customer))

    def charge_saved(self, *, reference: str, amount: Money, customer: str, method: str) -> ProviderPayment:
        params: Any = {
            "amount": to_minor_units(amount),
            "currency": amount.currency.lower(),
            "customer": customer,
            "payment_method": method,
            "allowed_payment_method_types": CARDS_ONLY,
            "confirm": True,
            "off_session": True,
            "description": reference,
            "metadata": {OUR_PAYMENT: reference},
        }

        def charge(key: str) -> stripe.PaymentIntent:
            try:
                return self.client.v1.payment_intents.create(params, {"idempotency_key": key})
            except stripe.CardError as refusal:
                if refusal.error is None or refusal.error.payment_intent is None:
                    raise
                return refusal.error.payment_intent  # it stays open, to the customer himself or to another card

        made = _once(charge, reference, lambda: self._find_intent(reference))
        return self.fetch(made.id)  # for the answer to a repeat is as old as the first

    def read_webhook(
        self, *, headers: Mapping[str, str], body: bytes, received_at: datetime | None = None
    ) -> ProviderEvent:
        self._verify(headers.get("Stripe-Signature", ""), body, at=received_at or datetime.now(UTC))
        with reading_event():
            return self._read(json.loads(body))

    def _read(self, event: dict[str, Any]) -> ProviderEvent:
        if event["object"] != "event":
            raise ValueError("only snapshot events carry their object")
        known = ProviderEvent(
            key=event["id"],
            type=event["type"],
            api_version=event.get("api_version") or "",
            expected_api_version=stripe.api_version,
            is_live=event["livemode"],
        )
        if known.is_live == self.is_live and known.type in _CARD_EVENTS:
            return replace(known, customer=_customer_of(event["data"]))
        if known.is_live != self.is_live or not known.type.startswith(_TELLING_EVENTS):
            return known
        about = event["data"]["object"]
        intent = about["id"] if about["object"] == "payment_intent" else about.get("payment_intent")
        reference = (about.get("metadata") or {}).get(OUR_PAYMENT, "")
        return replace(known, provider_reference=intent or "", reference=reference)

    def _verify(self, header: str, body: bytes, *, at: datetime) -> None:
        """Any of our secrets may have signed it, within 300 seconds; the library lets the future pass."""
        for secret in self.webhook_secrets:
            try:
                stripe.WebhookSignature.verify_header(body, header, secret)
            except (stripe.SignatureVerificationError, UnicodeDecodeError):
                continue
            signed_at = int(header.split("t=", 1)[1].split(",", 1)[0])
            if abs(signed_at - at.timestamp()) > TOLERANCE_SECONDS:
                raise WebhookNotGenuine("The signature is too old, or from the future.")
            return
        raise WebhookNotGenuine("There is no valid signature.")

    def _payment(self, intent: stripe.PaymentIntent) -> ProviderPayment:
        status = _INTENT_STATUS[intent.status]
        error = intent.last_payment_error
        is_failed = intent.status == "requires_payment_method" and bool(error and error.code != WANTS_THE_CUSTOMER)
        charge = intent.latest_charge
        return ProviderPayment(
            provider_reference=intent.id,
            status=ProviderStatus.FAILED if is_failed else status,
            captured=from_minor_units(intent.amount_received, intent.currency.upper()),
            capture_reference=charge.id if isinstance(charge, stripe.Charge) else charge or "",
            fee=_fee(charge, intent.currency.upper()),
            next_action=self._next_action(intent) if status == ProviderStatus.PENDING else NextAction(),
            refunds=self.list_refunds(intent.id) if status == ProviderStatus.SUCCEEDED else (),
            disputes=self._disputes(intent.id) if isinstance(charge, stripe.Charge) and charge.disputed else (),
            failure_code=(getattr(error, "decline_code", None) or error.code or "") if error else "",
            failure_message=(error.message or "") if error else "",
            answer=_masked(intent),
        )

    def _disputes(self, intent_id: str) -> Sequence[ProviderDispute]:
        params: Any = {"payment_intent": intent_id, "limit": 100}
        return [_dispute(one) for one in _call(lambda: list(self.client.v1.disputes.list(params).auto_paging_iter()))]

    def _next_action(self, intent: stripe.PaymentIntent) -> NextAction:
        error = intent.last_payment_error
        method = error.payment_method if error and error.code == WANTS_THE_CUSTOMER else None
        details = {"payment_intent": intent.id} | ({"payment_method": method.id} if method else {})
        return self._by_secret(intent.client_secret, **details)

    def _by_secret(self, secret: str | None, **details: str) -> NextAction:
        keys = {"client_secret": secret, "publishable_key": self.publishable_key}
        return NextAction("stripe_client_secret", {**keys, **details})

    def _owner_of(self, method: str) -> str | None:
        """Stripe itself would detach anybody's card, and make it anybody's default."""
        owner = _call(lambda: self.client.v1.payment_methods.retrieve(method)).customer
        return owner.id if isinstance(owner, stripe.Customer) else owner


@lru_cache(maxsize=4)
def connect(secret_key: str, api_base: str, timeouts: tuple[float, float]) -> stripe.StripeClient:
    """One client and connection pool for each set of settings; repeating calls is the outbox's business."""
    return stripe.StripeClient(
        secret_key,
        base_addresses={"api": api_base},
        http_client=stripe.RequestsClient(timeout=timeouts),
        max_network_retries=0,
    )


def to_minor_units(amount: Money) -> int:
    """Stripe's integer for an amount; its minor units differ from ISO 4217 for some currencies.

    Raises:
        ValueError: Stripe cannot express this amount; it is never rounded here.
    """
    count = amount.amount.scaleb(_places(amount.currency))
    if count % _STEP.get(amount.currency, 1):
        raise ValueError(f"Stripe cannot express {amount.amount} {amount.currency}")
    return int(count)


def from_minor_units(count: int, currency: str) -> Money:
    return Money(Decimal(count).scaleb(-_places(currency)), currency)


def _places(currency: str) -> int:
    if currency in _ZERO_DECIMAL:
        return 0
    return 3 if currency in _THREE_DECIMAL else 2


def _call(call: Callable[[], Answer]) -> Answer:
    """Translate the library's exceptions into the three that the shop knows."""
    try:
        return call()
    except stripe.CardError as error:
        raise PaymentDeclined(error.user_message or "The card was declined.", failure_code=error.code or "") from error
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
        raise ProviderUnavailable("Stripe does not answer; nothing is lost, try again soon.") from error
    except stripe.StripeError as error:
        code = error.error.code if error.error else None  # `error.code` is missing from some of their classes
        reason = code or type(error).__name__
        raise ProviderRejected("stripe", reason=reason, message=str(error.user_message or error)) from error


def _once(create: Callable[[str], Answer], key: str, find: Callable[[], Answer | None]) -> Answer:
    """Make one object for this key of ours, however often it is asked for.

    Stripe repeats its first answer to a key for a day, a 500 as well. Once it does, that work is over: what it has left
    can be found, and where it has left nothing, another key begins anew.
    """
    try:
        return _call(lambda: create(key))
    except ProviderUnavailable as unknown:
        if not _is_repeated(unknown.__cause__):
            raise
    return find() or _call(lambda: create(f"{key}-again"))


def _is_repeated(error: BaseException | None) -> bool:
    headers = (error.headers or {}) if isinstance(error, stripe.StripeError) else {}
    return any(name.lower() == "idempotent-replayed" for name in headers)


def _mark(made: stripe.PaymentIntent | stripe.Refund, name: str) -> str:
    """Our own name for it, if we have made it."""
    return made.metadata[name] if made.metadata and name in made.metadata else ""


def _not_theirs(customer: str, method: str) -> ProviderRejected:
    return ProviderRejected("stripe", reason="resource_missing", message=f"{customer} has no {method}.")


def _refund(refund: stripe.Refund) -> ProviderRefund:
    return ProviderRefund(
        provider_reference=refund.id,
        amount=from_minor_units(refund.amount, refund.currency.upper()),
        status=_REFUND_STATUS[refund.status or "pending"],
        key=_mark(refund, OUR_REFUND),
        failure_message=getattr(refund, "failure_reason", None) or "",
    )


def _dispute(dispute: stripe.Dispute) -> ProviderDispute:
    due_by = dispute.evidence_details.due_by
    return ProviderDispute(
        provider_reference=dispute.id,
        amount=from_minor_units(dispute.amount, dispute.currency.upper()),
        status=_DISPUTE_STATUS.get(dispute.status, DisputeStatus.OPEN),
        reason=dispute.reason,
        respond_by=datetime.fromtimestamp(due_by, UTC) if due_by else None,
    )


def _fee(charge: stripe.Charge | str | None, currency: str) -> Money | None:
    """What Stripe kept; not told as long as the balance knows nothing of the charge, or in another currency."""
    if not isinstance(charge, stripe.Charge) or not isinstance(charge.balance_transaction, stripe.BalanceTransaction):
        return None
    entry = charge.balance_transaction
    return from_minor_units(entry.fee, currency) if entry.currency.upper() == currency else None


def _saved(method: stripe.PaymentMethod, default: str | None) -> SavedMethod:
    card = method.card
    return SavedMethod(
        provider_reference=method.id,
        brand=card.brand if card else "",
        last4=(card.last4 or "") if card else "",
        exp_month=card.exp_month if card else 0,
        exp_year=card.exp_year if card else 0,
        is_default=method.id == default,
    )


def _customer_of(data: dict[str, Any]) -> str:
    """Whose cards have changed; a card that was detached only says whose it was."""
    about, before = data["object"], data.get("previous_attributes") or {}
    if about["object"] == "customer":
        return str(about["id"])
    return about.get("customer") or before.get("customer") or ""


def _masked(intent: stripe.PaymentIntent) -> dict[str, Any]:
    """What is worth keeping of an answer, by name, so that nothing secret is kept by accident."""
    kept = {name: getattr(intent, name, None) for name in _KEPT_FIELDS}
    charge = intent.latest_charge
    error = intent.last_payment_error
    return kept | {
        "latest_charge": charge.id if isinstance(charge, stripe.Charge) else charge,
        "last_payment_error": error and {"code": error.code, "decline_code": getattr(error, "decline_code", None)},
    }
