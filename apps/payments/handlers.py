from apps.accounts.events import PersonErased
from apps.orders.events import OrderCancelled, OrderConfirmed, OrderExpired
from apps.outbox.events import handles
from apps.payments import services
from apps.payments.events import PaymentCancelled, RefundRequested, WebhookReceived


@handles(WebhookReceived)
def apply_webhook(event: WebhookReceived) -> None:
    services.apply_webhook(event_id=event.event_id)


@handles(RefundRequested)
def execute_refund(event: RefundRequested) -> None:
    services.execute_refund(refund_id=event.refund_id)


@handles(PaymentCancelled)
def void_at_the_provider(event: PaymentCancelled) -> None:
    services.void_payment(payment_id=event.payment_id)


@handles(OrderConfirmed)
def close_the_other_attempts(event: OrderConfirmed) -> None:
    """Whoever has two attempts open and pays one can no longer pay the other."""
    services.close_attempts(order_id=event.order_id)


@handles(OrderExpired)
def close_attempts_of_an_expired_order(event: OrderExpired) -> None:
    services.close_attempts(order_id=event.order_id)
    services.refund_parts(order_id=event.order_id, reason="The order expired before it was paid whole")


@handles(OrderCancelled)
def give_the_money_back(event: OrderCancelled) -> None:
    services.close_attempts(order_id=event.order_id)
    services.refund_order(order_id=event.order_id, reason="The order was cancelled")


@handles(PersonErased)
def have_companies_forget(event: PersonErased) -> None:
    services.forget_person(user_id=event.user_id)
