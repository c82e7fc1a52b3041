from dataclasses import dataclass

from apps.outbox.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class PaymentEvent(DomainEvent):
    """Base of what customers and staff are told; events of one order are told in order."""

    order_id: int
    payment_id: int

    def aggregate(self) -> str:
        return f"order:{self.order_id}"


@dataclass(frozen=True, kw_only=True)
class PaymentSucceeded(PaymentEvent):
    """Money came and counts; `is_all`: nothing is left to pay."""

    is_all: bool


@dataclass(frozen=True, kw_only=True)
class PaymentReported(PaymentEvent):
    """A customer says that he has sent so much of the payment's currency, under this reference; staff must look."""

    amount: str
    bank_reference: str


@dataclass(frozen=True, kw_only=True)
class PaymentFailed(PaymentEvent):
    """A try failed; the order can still be paid."""

    failure_code: str


@dataclass(frozen=True, kw_only=True)
class PaymentReturned(PaymentEvent):
    """Money came that the order could not take: all of it goes back. `reason` is a value of services.Unwanted."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class RefundSucceeded(PaymentEvent):
    refund_id: int


@dataclass(frozen=True, kw_only=True)
class RefundFailed(PaymentEvent):
    refund_id: int


@dataclass(frozen=True, kw_only=True)
class CaseOpened(DomainEvent):
    case_id: int


# What we ask of ourselves, to be done after commit; order does not matter, and one that is stuck holds up no other.


@dataclass(frozen=True, kw_only=True)
class WebhookReceived(DomainEvent):
    event_id: int


@dataclass(frozen=True, kw_only=True)
class RefundRequested(DomainEvent):
    refund_id: int


@dataclass(frozen=True, kw_only=True)
class PaymentCancelled(DomainEvent):
    """We gave an attempt up; the provider must be told."""

    payment_id: int
