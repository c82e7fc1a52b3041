"""The companies as they are at the wire: what customers, banks and panels do there, and which events tell of it."""

from __future__ import annotations

import json
from decimal import Decimal

from django.db.models.functions import Now
from django.utils.datastructures import CaseInsensitiveMapping

from apps.common.money import Money
from apps.payments import services
from apps.payments.models import Payment, Refund, WebhookEvent
from apps.payments.providers import get_online_provider
from apps.payments.providers.paypal.adapter import OUR_PAYMENT as OURS_AT_PAYPAL
from apps.payments.providers.paystack import to_subunits
from apps.payments.providers.stripe import to_minor_units

OTHERS_NAME = "OTHER-SHOP-1"


class Company:
    """One of them, before our real adapter. Each event answers what it says to have taken for our payment, if anything.

    `paid`, `refunded` and `disputed` are its names for those events; `pays` and what follows is how they come about.
    """

    code: str
    paid: str
    refunded: str
    disputed: str
    is_pickup = False

    def __init__(self, sandbox):
        self.sandbox = sandbox

    def settings(self):
        return {}

    def prepare(self, staff):
        """Whatever the way of paying needs before its first order."""

    def begin(self, order):
        payment = services.new_attempt(order_id=order.pk, provider=self.code)
        services.start_payment(payment_id=payment.pk)
        return Payment.objects.get(pk=payment.pk)

    def happens(self, event, payment, work):
        self.work = work
        return getattr(self, f"tells_of_{event.replace(' ', '_')}")(payment)

    def tells_of_success(self, payment, brings=None):
        self.pays(payment, brings or payment.money)
        self.tells(self.paid)
        return brings or payment.money

    def tells_of_short(self, payment):
        return self.tells_of_success(payment, Money(payment.amount - 1, payment.currency))

    def tells_of_excess(self, payment):
        return self.tells_of_success(payment, Money(payment.amount + 1, payment.currency))

    def tells_of_currency(self, payment):
        return self.tells_of_success(payment, Money(payment.amount, "EUR"))

    def tells_of_twice(self, payment):
        taken = self.tells_of_success(payment)
        self.tells(self.paid)
        services.settle_payment(payment_id=payment.pk)  # and by the page to which the customer comes back
        return taken

    def tells_of_refund(self, payment):
        """The company's staff have given the money back, and we hear that before we hear that it had come."""
        self.gives_back(self.pays(payment, payment.money))
        self.tells(self.refunded, self.paid)
        return payment.money

    def tells_of_dispute(self, payment):
        self.is_disputed(self.pays(payment, payment.money))
        self.tells(self.disputed, self.paid)
        return payment.money

    def tells_of_foreign(self, payment):
        """Somebody else uses the same account, and names things as he likes."""
        self.takes_for_others(payment.money, "")
        self.tells(self.paid)

    def tells_of_misnamed(self, payment):
        """Money that somebody took in our attempt's name, which is not the one that we have begun."""
        self.takes_for_others(payment.money, payment.reference)
        self.tells(self.paid)
        WebhookEvent.objects.update(created_at=Now() - services.inbox.PATIENCE * 2)
        self.work()

    def time_passes(self, payment):
        """What is on its way back arrives."""

    def tells(self, *types):
        sent = {one.type: one for one in self.sandbox.webhooks if one.company == self.code}
        for webhook in (sent[one] for one in types):
            headers = CaseInsensitiveMapping(webhook.headers)
            services.receive_webhook(provider=self.code, headers=headers, body=webhook.body)
            self.work()

    def asked_anew(self, payment):
        """Nobody tells of it, so it is found when somebody asks."""
        services.settle_payment(payment_id=payment.pk)

    def at(self, path, **wishes):
        return self.sandbox.control("POST", f"/{self.code}/{path}", wishes)

    @property
    def adapter(self):
        return get_online_provider(self.code)


class AtStripe(Company):
    code = "stripe"
    paid, refunded, disputed = "payment_intent.succeeded", "refund.created", "charge.dispute.created"

    def settings(self):
        return {"STRIPE_API_BASE": self.sandbox.stripe_base}

    def pays(self, payment, brings):
        name = payment.provider_reference
        intent = self.at(f"payment_intents/{name}/approve")
        if brings != payment.money:
            taken = {"amount_received": to_minor_units(brings), "currency": brings.currency.lower()}
            self.at(f"payment_intents/{name}", **taken)
        return intent

    def gives_back(self, intent):
        self.adapter.client.v1.refunds.create({"payment_intent": intent["id"]})

    def is_disputed(self, intent):
        self.at(f"charges/{intent['latest_charge']}/dispute")

    def tells_of_failure(self, payment):
        self.at(f"payment_intents/{payment.provider_reference}/decline")
        self.tells("payment_intent.payment_failed")

    def tells_of_end(self, payment):
        self.adapter.client.v1.payment_intents.cancel(payment.provider_reference)
        self.tells("payment_intent.canceled")

    def takes_for_others(self, money, named):
        params = {
            "amount": to_minor_units(money),
            "currency": money.currency.lower(),
            "automatic_payment_methods": {"enabled": True},
            "metadata": {"shop_payment": named} if named else {"order_id": OTHERS_NAME},
        }
        intent = self.adapter.client.v1.payment_intents.create(params)
        self.at(f"payment_intents/{intent.id}/approve")


class AtPayPal(Company):
    """The customer agrees, and the shop captures; what it takes before we know of it was lost with PayPal's answer."""

    code = "paypal"
    paid, refunded, disputed = "PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.REFUNDED", "CUSTOMER.DISPUTE.CREATED"
    agreed = "CHECKOUT.ORDER.APPROVED"

    def __init__(self, sandbox, folder):
        super().__init__(sandbox)
        self.ca_file = folder / "paypal-ca.pem"
        self.ca_file.write_bytes(sandbox.paypal_authority)

    def settings(self):
        return {
            "PAYPAL_CLIENT_ID": "sandbox",
            "PAYPAL_CLIENT_SECRET": "sandbox",
            "PAYPAL_WEBHOOK_ID": "WH-SANDBOX",
            "PAYPAL_BASE_URL": self.sandbox.paypal_base,
            "PAYPAL_CERT_ORIGINS": [self.sandbox.url],
            "PAYPAL_CA_FILE": str(self.ca_file),
            "PAYPAL_CURRENCIES": ["USD"],
        }

    def pays(self, payment, brings):
        name = payment.provider_reference
        order = self.at(f"orders/{name}/approve")
        if brings != payment.money:
            amount = {"currency_code": brings.currency, "value": str(brings.amount.quantize(Decimal("0.01")))}
            self.at(f"orders/{name}", purchase_units=[order["purchase_units"][0] | {"amount": amount}])
        return self.adapter.capture(name, key=f"{payment.reference}-{payment.declines}")

    def gives_back(self, truth):
        self.at(f"captures/{truth.capture_reference}/refund")

    def is_disputed(self, truth):
        self.at(f"captures/{truth.capture_reference}/dispute", stage="CHARGEBACK")

    def tells_of_agreement(self, payment):
        self.at(f"orders/{payment.provider_reference}/approve")
        self.tells(self.agreed)
        return payment.money

    def tells_of_failure(self, payment):
        self.at(f"orders/{payment.provider_reference}/approve", instrument_declined=True)
        self.tells(self.agreed)

    def tells_of_end(self, payment):
        self.at(f"orders/{payment.provider_reference}", status="VOIDED")
        self.asked_anew(payment)

    def takes_for_others(self, money, named):
        amount = {"currency_code": money.currency, "value": str(money.amount.quantize(Decimal("0.01")))}
        unit = {"amount": amount, "custom_id": OURS_AT_PAYPAL + named if named else OTHERS_NAME}
        addresses = {"return_url": "https://other.example/back", "cancel_url": "https://other.example/away"}
        source = {"paypal": {"experience_context": addresses}}
        body = {"intent": "CAPTURE", "purchase_units": [unit], "payment_source": source}
        name = self.adapter.api.call("POST", "/v2/checkout/orders", key=OTHERS_NAME, body=body)["id"]
        self.at(f"orders/{name}/approve")
        self.adapter.capture(name, key=OTHERS_NAME)


class AtPaystack(Company):
    """It sends no word of what failed or was left, and ends no page: what it calls abandoned can still be paid."""

    code = "paystack"
    paid, refunded, disputed = "charge.success", "refund.processed", "charge.dispute.create"

    def settings(self):
        return {
            "PAYSTACK_SECRET_KEY": "sk_test_sandbox",
            "PAYSTACK_BASE_URL": f"{self.sandbox.url}/paystack",
            "PAYSTACK_CURRENCIES": ["USD"],
        }

    def prepare(self, staff):
        self.sandbox.control("PUT", "/paystack/switches", {"refund_seconds": None})

    def pays(self, payment, brings):
        name = payment.provider_reference
        transaction = self.at(f"transactions/{name}/approve")
        if brings != payment.money:
            subunits = to_subunits(brings)
            self.at(f"transactions/{name}", amount=subunits, requested_amount=subunits, currency=brings.currency)
        return transaction

    def gives_back(self, transaction):
        refund = self.at(f"transactions/{transaction['reference']}/refund")
        self.at(f"refunds/{refund['id']}/settle")

    def is_disputed(self, transaction):
        self.at(f"transactions/{transaction['reference']}/dispute")

    def tells_of_failure(self, payment):
        self.at(f"transactions/{payment.provider_reference}/decline")
        self.asked_anew(payment)

    def tells_of_left(self, payment):
        self.at(f"transactions/{payment.provider_reference}/abandon")
        self.asked_anew(payment)

    def takes_for_others(self, money, named):
        metadata = {"shop_payment": named} if named else {}
        body = {"reference": OTHERS_NAME, "amount": to_subunits(money), "currency": money.currency}
        body |= {"email": "eve@example.test", "metadata": json.dumps(metadata)}
        self.adapter.http.post("/transaction/initialize", json=body).raise_for_status()
        self.at(f"transactions/{OTHERS_NAME}/approve")

    def time_passes(self, payment):
        for refund in Refund.objects.filter(payment=payment, status="pending"):
            self.at(f"refunds/{refund.provider_reference}/settle")
            self.asked_anew(payment)
