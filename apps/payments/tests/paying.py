"""Paying as customers and Stripe do it, for tests."""

import json

from django.test import Client

from apps.common import sql
from apps.inventory.tests.factories import StockItemFactory
from apps.orders.models import Order
from apps.orders.tests.placing import place
from apps.outbox import events
from apps.payments import services
from apps.payments.exceptions import ProviderUnavailable, WebhookObjectUnknown
from apps.payments.models import Payment
from apps.payments.providers import get_provider

WEBHOOKS = "/api/v1/payments/webhooks/stripe/"


def deliver(webhook, url=WEBHOOKS):
    headers = {name: value for name, value in webhook.headers.items() if name.lower() == "stripe-signature"}
    return Client().post(url, data=webhook.body, content_type="application/json", headers=headers)


class Buyer:
    """One order of 13.60 USD for one unit, and its payments."""

    def __init__(self, stripe):
        self.stripe = stripe

    def order(self, item=None, **options):
        return place(item or StockItemFactory(on_hand=1), **options)

    def begin(self, order=None, provider="stripe"):
        """A payment that the provider knows of and the customer has not made yet."""
        payment = services.open_payment(order=order or self.order(), provider=provider)
        services.start_payment(payment_id=payment.pk)
        return Payment.objects.get(pk=payment.pk)

    def begin_at_stripe(self, payment):
        """What Stripe answers to the beginning, before we have written it down."""
        return get_provider("stripe").start(
            reference=payment.reference, amount=payment.money, email=payment.order.email, return_url="", cancel_url=""
        )

    def approve(self, payment):
        return self.stripe.approve(payment.provider_reference)

    def decline(self, payment):
        return self.stripe.decline(payment.provider_reference)

    def paid(self, order=None):
        """A payment that the customer made and that we know of."""
        payment = self.begin(order)
        self.approve(payment)
        return services.settle_payment(payment_id=payment.pk)

    def refund_in_the_panel(self, payment, minor_amount, **metadata):
        """What staff do in Stripe's dashboard, past our back."""
        params = {"payment_intent": payment.provider_reference, "amount": minor_amount, "metadata": metadata}
        return get_provider("stripe").client.v1.refunds.create(params)

    def intent(self, payment, **changes):
        """Change the PaymentIntent behind everybody's back."""
        return self.stripe.control("POST", f"/stripe/payment_intents/{payment.provider_reference}", changes)


def order_of(payment):
    return Order.objects.get(pk=payment.order_id)


WAITING = """
SELECT d.id, d.handler, m.event_type, m.payload
FROM outbox_delivery d JOIN outbox_outboxmessage m ON m.id = d.message_id
WHERE d.status = 'pending' AND d.handler NOT LIKE 'notifications.%%' AND NOT d.id = ANY(%s::bigint[]) ORDER BY d.id
"""
DONE = "UPDATE outbox_delivery SET status = 'done', done_at = statement_timestamp() WHERE id = ANY(%s::bigint[])"


def work():
    """Deliver all that is announced, but no mail: what those say is tested with them. What fails waits for another."""
    put_back = []
    while batch := sql.fetch_all(WAITING, put_back):
        done = []
        for delivery, name, event_type, payload in batch:
            handler = events.handler_for(event_type, name)
            try:
                handler(events.restore(event_type, json.loads(payload)))
                done.append(delivery)
            except (ProviderUnavailable, WebhookObjectUnknown):
                put_back.append(delivery)
        sql.execute(DONE, done)
