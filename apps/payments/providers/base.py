"""What the shop needs from a way of paying, and the words in which every adapter answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from apps.common.money import Money
from apps.payments.exceptions import WebhookNotUnderstood

PAGE_LOST = "page_lost"  # a failure code: the provider opened a page, and the answer with its address was lost


@dataclass(frozen=True, slots=True)
class NextAction:
    """What the storefront does next. `type` is stripe_client_secret, redirect, transfer_instructions or none."""

    type: str = "none"
    details: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"type": self.type, **self.details}


class Delivery(StrEnum):
    """Which orders a way of paying is for."""

    ANY = "any"
    PICKUP = "pickup"
    SHIPPING = "shipping"


class ProviderStatus(StrEnum):
    PENDING = "pending"  # waits for the customer or for staff
    AUTHORISED = "authorised"  # the customer has agreed; the money moves when the shop captures it
    PROCESSING = "processing"  # out of the customer's hands, not decided yet
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # the last try failed; another may follow
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRefund:
    """A refund as the provider knows it; `key` is our public id, empty if somebody refunded in the provider's panel."""

    provider_reference: str
    amount: Money
    status: ProviderStatus
    key: str = ""
    failure_message: str = ""


class DisputeStatus(StrEnum):
    OPEN = "open"  # the money is held or taken back until somebody decides
    WON = "won"  # it is ours again
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDispute:
    """The customer, or his bank, wants the money back through the provider."""

    provider_reference: str
    amount: Money
    status: DisputeStatus
    reason: str = ""
    respond_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPayment:
    """The provider's truth of this moment. `answer` is what we keep of its words: no secret and no card number.

    `capture_reference` is the provider's name for the money it took, where that differs from the payment's; `fee` is
    what it kept of `captured`, None while it does not say.
    """

    provider_reference: str
    status: ProviderStatus
    captured: Money
    capture_reference: str = ""
    fee: Money | None = None
    next_action: NextAction = NextAction()
    refunds: Sequence[ProviderRefund] = ()
    disputes: Sequence[ProviderDispute] = ()
    failure_code: str = ""
    failure_message: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEvent:
    """A genuine webhook. Without `provider_reference` or `capture_reference` it is nothing that we act on.

    `reference` is our own, if the object carries it: that tells our objects from those of other users of the account.
    `customer` is somebody whose saved methods have changed, in the provider's name for him.
    `expected_api_version` is the one that the adapter was written for, where the provider's messages name theirs.
    """

    key: str
    type: str
    provider_reference: str = ""
    capture_reference: str = ""
    reference: str = ""
    api_version: str = ""
    expected_api_version: str = ""
    customer: str = ""
    is_live: bool = False


@contextmanager
def reading_event() -> Iterator[None]:
    """For adapters, around what follows the check of the signature: another shape than agreed is not understood."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError) as error:
        what = f"there is no {error}" if isinstance(error, KeyError) else type(error).__name__
        raise WebhookNotUnderstood(what) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedMethod:
    """A card that a customer has left with the provider: enough to recognise it by, and its name there."""

    provider_reference: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    is_default: bool = False


@runtime_checkable
class PaymentProvider(Protocol):
    """A way of paying. This much is enough for one whose money staff see arrive: transfer, mobile payment, cash.

    Calls answer, or raise PaymentDeclined (the customer must act), ProviderUnavailable (outcome unknown: fetch, or
    repeat unchanged) or ProviderRejected (our mistake, or forbidden by the state of things).
    """

    @property
    def code(self) -> str: ...

    @property
    def delivery(self) -> Delivery: ...

    @property
    def window(self) -> timedelta | None:
        """How long an order waits for money that comes this way; None: it needs no money before it is sent."""

    @property
    def currencies(self) -> frozenset[str]: ...

    @property
    def countries(self) -> frozenset[str]:
        """Where the order may go, as ISO 3166-1 alpha-2; empty: anywhere."""

    def takes(self, amount: Money) -> bool:
        """Whether an order of this amount may be paid this way."""

    def start(self, *, reference: str, amount: Money, email: str, return_url: str, cancel_url: str) -> ProviderPayment:
        """Make the attempt known; `reference` is unique for ever and the idempotency key, so a repeat finds the same.

        A gateway's page sends the customer back to `return_url` or `cancel_url`, which are ours; a repeat has the same.
        """


@runtime_checkable
class ExplainingProvider(PaymentProvider, Protocol):
    """One that can say why it does not take an amount, where that is not plain from the amount."""

    def why_not(self, amount: Money) -> str:
        """A sentence for the customer; nothing if there is no more to say than no."""


@runtime_checkable
class OnlineProvider(PaymentProvider, Protocol):
    """A gateway that can be asked, told to give up or give back, and that reports by webhook."""

    @property
    def signature_headers(self) -> Sequence[str]:
        """What `read_webhook` reads of the headers: the inbox keeps these, and no others."""

    def fetch(self, provider_reference: str) -> ProviderPayment: ...

    def capture(self, provider_reference: str, *, key: str) -> ProviderPayment:
        """Take the money that the customer has agreed to; only asked when `fetch` said `authorised`. Twice is once."""

    def void(self, provider_reference: str) -> ProviderPayment:
        """Make paying impossible and answer what is true now: success, if the customer was quicker."""

    def refund(self, provider_reference: str, *, amount: Money, key: str) -> ProviderRefund: ...

    def list_refunds(self, provider_reference: str) -> Sequence[ProviderRefund]: ...

    def read_webhook(
        self, *, headers: Mapping[str, str], body: bytes, received_at: datetime | None = None
    ) -> ProviderEvent:
        """Check the signature on exactly these bytes, WebhookNotGenuine; then read them, WebhookNotUnderstood.

        What came earlier is judged as it would have been when it was received.
        """


@runtime_checkable
class SavedMethodsProvider(OnlineProvider, Protocol):
    """A gateway that keeps cards for the next time. `customer` is its name for somebody, which the caller keeps.

    A method that is not this customer's is ProviderRejected, whoever else's it is; the caller sees to it that the
    customer is the one who asks.
    """

    def create_customer(self, *, key: str, email: str, name: str) -> str:
        """Make somebody known, and answer the provider's name for him; a repeat under the same key finds the same."""

    def begin_saving(self, customer: str) -> NextAction:
        """What the storefront does to save a card; the card is listed once the customer has done it."""

    def list_methods(self, customer: str) -> Sequence[SavedMethod]: ...

    def set_default(self, customer: str, method: str) -> None: ...

    def detach(self, customer: str, method: str) -> None:
        """Forget the card for ever; twice is once."""

    def delete_customer(self, customer: str) -> None:
        """Forget the person with all his cards for ever; twice is once, or ProviderRejected."""

    def charge_saved(self, *, reference: str, amount: Money, customer: str, method: str) -> ProviderPayment:
        """Take money without the customer, once for each reference.

        A bank that wants to hear from him leaves the payment pending, with what he has to do as its next action; a
        refusal leaves it failed, and open to another card.
        """
