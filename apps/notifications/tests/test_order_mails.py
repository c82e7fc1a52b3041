"""What customers read, word for word; the figures' spaces do not break, so they are written here as \\u00a0."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core import mail
from django.db import transaction

from apps.accounts import services as account_services
from apps.accounts.models import User
from apps.common import audit
from apps.inventory.tests.factories import StockItemFactory
from apps.notifications.models import Message
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.orders.tests.placing import pay_in_full, place
from apps.outbox import services as outbox
from apps.payments.events import CaseOpened, PaymentFailed, PaymentReturned, RefundSucceeded
from apps.payments.models import Case, Payment, Refund
from apps.stores.models import Store

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop(settings):
    settings.STOREFRONT_URL = "https://shop.example"
    settings.SITE_URL = "https://api.shop.example"


@pytest.fixture
def item():
    item = StockItemFactory(on_hand=200, variant__product__name="RX-78-2 Gundam Ver.Ka")
    Store.objects.update(name="Mecha Shop")
    return item


@pytest.fixture
def order(item):
    """125 units of 10.00 USD, due on 21 November 2096 at 19:30 UTC, with a customer of its own."""
    customer = User.objects.create_user("ada@example.test")
    order = place(item, quantity=125, customer_id=customer.pk)
    due_at = datetime(2096, 11, 21, 19, 30, tzinfo=UTC)
    Order.objects.filter(pk=order.pk).update(number="ORD-7", payment_due_at=due_at)
    return Order.objects.get(pk=order.pk)


@pytest.fixture
def payment(order):
    total = {"amount": order.total_amount, "currency": "USD"}
    asked = total | {"order_amount": order.total_amount, "order_currency": "USD"}
    return Payment.objects.create(order=order, provider="stripe", reference="A7-1", captured_amount=30, **asked)


def announce(*events):
    with transaction.atomic():
        for event in events:
            outbox.publish(event)
    outbox.drain()


def told(template):
    return Message.objects.get(template=template)


def lines(message):
    return [line.rstrip() for line in message.text.splitlines() if line]


SPANISH = """\
Hola, Ada Lovelace:
Gracias por tu pedido ORD-7. Te reservamos los productos.
Cómo pagar
Paga 1.452,00~US$ en la página de tu pedido.
Paga antes del 21 de noviembre de 2096 a las 15:30 (UTC-04:00). Después el pedido vence y los productos quedan libres \
para otras personas.
Ver tu pedido:
https://shop.example/orders/ORD-7
Pedido ORD-7
  125 × RX-78-2 Gundam Ver.Ka: 1.250,00~US$
  Subtotal: 1.250,00~US$
  Envío (Courier): 2,00~US$
  Impuestos: 200,00~US$
  Total: 1.452,00~US$
Dirección de entrega
  Ada Lovelace
  Av. Bolívar 1
  1010 Caracas Distrito Capital
  VE
  +584121234567
--
Mecha Shop
https://shop.example
"""
ENGLISH = """\
Hello Ada Lovelace,
Thank you for your order ORD-7. The goods are kept for you.
How to pay
Pay US$1,452.00 on the page of your order.
Please pay before 21 Nov 2096, 15:30 (UTC-04:00). After that the order expires and the goods are free for others.
See your order:
https://shop.example/orders/ORD-7
Order ORD-7
  125 × RX-78-2 Gundam Ver.Ka: US$1,250.00
  Subtotal: US$1,250.00
  Shipping (Courier): US$2.00
  Tax: US$200.00
  Total: US$1,452.00
Delivery address
  Ada Lovelace
  Av. Bolívar 1
  1010 Caracas Distrito Capital
  VE
  +584121234567
--
Mecha Shop
https://shop.example
"""
PORTUGUESE = """\
Olá, Ada Lovelace,
Obrigado pelo seu pedido ORD-7. Os produtos estão reservados para você.
Como pagar
Pague US$~1.452,00 na página do seu pedido.
Pague até 21 de Novembro de 2096 às 15:30 (UTC-04:00). Depois disso o pedido expira e os produtos ficam livres para \
outras pessoas.
Ver o seu pedido:
https://shop.example/orders/ORD-7
Pedido ORD-7
  125 × RX-78-2 Gundam Ver.Ka: US$~1.250,00
  Subtotal: US$~1.250,00
  Envio (Courier): US$~2,00
  Impostos: US$~200,00
  Total: US$~1.452,00
Endereço de entrega
  Ada Lovelace
  Av. Bolívar 1
  1010 Caracas Distrito Capital
  VE
  +584121234567
--
Mecha Shop
https://shop.example
"""


@pytest.mark.parametrize(
    ("language", "subject", "text"),
    [
        ("es", "Recibimos tu pedido ORD-7", SPANISH),
        ("en", "We have received your order ORD-7", ENGLISH),
        ("pt", "Recebemos o seu pedido ORD-7", PORTUGUESE),
        ("fr", "We have received your order ORD-7", ENGLISH),
    ],
)
def test_a_placed_order_is_told_in_the_customers_language(order, language, subject, text):
    Order.objects.update(language=language)

    outbox.drain()

    message = told("order_placed")
    assert (message.subject, message.order_number) == (subject, "ORD-7")
    assert lines(message) == text.replace("~", "\u00a0").splitlines()


def test_an_order_goes_from_its_table_through_the_relay_into_one_mail_with_both_parts(order):
    Store.objects.update(email="")

    outbox.drain()

    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (["ada@example.test"], "We have received your order ORD-7")
    assert sent.body == told("order_placed").text
    assert [(part.mimetype, part.content) for part in sent.alternatives] == [("text/html", told("order_placed").html)]
    assert '<td class="figure" style="padding' in told("order_placed").html
    assert "US$1,452.00</td>" in told("order_placed").html
    assert list(audit.run()) == []


def test_who_pays_by_transfer_reads_where_to_and_under_which_reference(order, payment):
    Payment.objects.update(provider="bank_transfer", status="pending")

    outbox.drain()

    text = lines(told("order_placed"))
    assert text[text.index("How to pay") :][:4] == [
        "How to pay",
        "Transfer US$1,452.00 to this account:",
        "Test Bank, account 1",
        "Reference: A7-1",
    ]


def test_a_guest_gets_a_link_that_opens_the_order(order):
    Order.objects.update(customer=None)

    outbox.drain()

    [link] = [line for line in lines(told("order_placed")) if line.startswith("https://shop.example/orders")]
    assert link.startswith("https://shop.example/orders/ORD-7?token=ORD-7%3A")


def test_an_order_that_is_paid_by_the_time_we_write_is_not_asked_for_money(order):
    pay_in_full(order_id=order.pk)

    outbox.drain()

    assert "How to pay" not in told("order_placed").text
    assert lines(told("order_confirmed"))[1] == (
        "We have received your payment of US$1,452.00. Thank you! "
        "We are getting your order ready and write again when it is on its way."
    )


def test_a_cancelled_order(order):
    order_services.cancel_order(order_id=order.pk, actor="customer", reason="See http://evil.example")

    outbox.drain()

    message = told("order_cancelled")
    assert message.subject == "Your order ORD-7 is cancelled"
    assert lines(message)[1:3] == [
        "Your order ORD-7 has been cancelled.",
        "If you have paid for it, all of the money goes back to you, and we write again when it is on its way.",
    ]
    assert "evil" not in message.text


def test_an_expired_order(order):
    Order.objects.update(payment_due_at="2020-01-01T00:00:00Z")
    order_services.expire_if_due(order_id=order.pk)

    outbox.drain()

    message = told("order_expired")
    assert message.subject == "Your order ORD-7 has expired"
    assert lines(message)[1].startswith("We have not received the payment for your order ORD-7 in time")


def test_a_shipped_order_with_its_tracking_number(order):
    pay_in_full(order_id=order.pk)
    order_services.ship_order(order_id=order.pk, actor="staff:1", carrier="MRW", tracking_number="VE-42")

    outbox.drain()

    message = told("order_shipped")
    assert message.subject == "Your order ORD-7 is on its way"
    assert lines(message)[1:4] == [
        "Your order ORD-7 has left us and is on its way to you.",
        "Carrier: MRW",
        "Tracking number: VE-42",
    ]


def test_a_parcel_with_a_part_of_the_order(order):
    pay_in_full(order_id=order.pk)
    order_services.ship_order(order_id=order.pk, actor="staff:1", lines={order.lines.get().public_id: 5})

    outbox.drain()

    assert lines(told("order_shipped"))[1:4] == [
        "A part of your order ORD-7 has left us and is on its way to you. The rest follows.",
        "In this parcel:",
        "  5 × RX-78-2 Gundam Ver.Ka",
    ]


def test_a_failed_payment_is_told_once_while_the_order_can_still_be_paid(order, payment):
    failed = PaymentFailed(order_id=order.pk, payment_id=payment.pk, failure_code="card_declined")

    announce(failed, failed)

    message = told("payment_failed")
    assert message.subject == "Your payment for the order ORD-7 has not gone through"
    assert "Pay US$1,452.00 on the page of your order." in lines(message)


def test_a_failed_payment_of_an_order_that_is_over_is_no_news(order, payment):
    pay_in_full(order_id=order.pk)

    announce(PaymentFailed(order_id=order.pk, payment_id=payment.pk, failure_code="card_declined"))

    assert not Message.objects.filter(template="payment_failed").exists()


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("units_gone", "It came after the time for paying was over, and the goods have been sold meanwhile."),
        ("ordered_again", "It had expired, and you have ordered the same goods again since."),
    ],
)
def test_money_that_the_order_cannot_take_is_announced_with_the_reason(order, payment, reason, sentence):
    announce(PaymentReturned(order_id=order.pk, payment_id=payment.pk, reason=reason))

    message = told("payment_returned")
    assert lines(message)[1] == f"We have received US$30.00 for your order ORD-7. {sentence}"
    assert f"US$30.00 for your order ORD-7. {sentence}" in message.html


def test_each_refund_is_told_with_its_amount(order, payment):
    refunds = [
        Refund.objects.create(payment=payment, amount=Decimal(amount), currency="USD", reason="return", actor="staff:1")
        for amount in ("12.50", "3")
    ]

    announce(*[RefundSucceeded(order_id=order.pk, payment_id=payment.pk, refund_id=refund.pk) for refund in refunds])

    assert [lines(message)[1] for message in Message.objects.filter(template="refund_sent").order_by("pk")] == [
        "We have sent back US$12.50 for your order ORD-7. Some banks take up to ten days to show it.",
        "We have sent back US$3.00 for your order ORD-7. Some banks take up to ten days to show it.",
    ]


def test_a_new_customer_is_welcomed(item):
    eva = User.objects.create_user("eva@example.test", first_name="Eva", language="es", is_active=False)
    link = account_services.issue_verification(user=eva, request_key="mail")
    account_services.verify_email(token=link, device=account_services.Device())

    outbox.drain()

    message = told("welcome")
    assert (message.recipient, message.subject) == ("eva@example.test", "Te damos la bienvenida a Mecha Shop")
    assert lines(message)[:3] == [
        "Hola, Eva:",
        "Tu cuenta está lista. Con ella encuentras tus pedidos y compras en menos pasos.",
        "Visitar la tienda:",
    ]


def test_the_store_hears_of_its_new_order(order):
    Store.objects.update(email="sales@shop.example")

    outbox.drain()

    message = told("staff_new_order")
    assert (message.recipient, message.subject) == ("sales@shop.example", "New order ORD-7: US$1,452.00")
    assert lines(message)[:3] == [
        "Ada Lovelace (ada@example.test) has ordered:",
        "Open it in the admin:",
        f"https://api.shop.example/admin/orders/order/{order.pk}/change/",
    ]


def test_staff_hear_of_a_case(order, payment):
    Store.objects.update(email="sales@shop.example")
    case = Case.objects.create(kind="units_gone", payment=payment, summary="stripe A7-1 was paid too late.")

    announce(CaseOpened(case_id=case.pk))

    message = told("staff_case")
    assert message.subject == "A case needs you: Paid late, and the units are gone"
    assert lines(message)[:4] == [
        "stripe A7-1 was paid too late.",
        "It concerns the order ORD-7.",
        "Open it in the admin:",
        f"https://api.shop.example/admin/payments/case/{case.pk}/change/",
    ]
