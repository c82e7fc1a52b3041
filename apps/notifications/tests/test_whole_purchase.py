"""All that a person is told from registering until the money has gone back, as the two pages of `make run` show it."""

import re
from html import unescape
from urllib.parse import unquote
from urllib.request import urlopen

import pytest

from apps.accounts import services as account_services
from apps.accounts.models import Channel, User
from apps.accounts.services import Device
from apps.inventory.tests.factories import StockItemFactory
from apps.notifications.phone_templates import ORDER_CONFIRMED, ORDER_SHIPPED
from apps.notifications.tests.conftest import ANA, OWNER, approve
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.orders.tests.placing import place
from apps.outbox import services as outbox
from apps.payments import services as payment_services

pytestmark = pytest.mark.django_db
EMAIL = "ana@example.test"
TOLD_BY_MAIL = {
    "es": [
        "Confirma tu correo electrónico",
        "Te damos la bienvenida a Shop",
        "Recibimos tu pedido ORD-7",
        "Buscamos tu pago del pedido ORD-7",
        "Tu pedido ORD-7 está entregado",
        "Te devolvimos dinero por tu pedido ORD-7",
    ],
    "en": [
        "Confirm your e-mail address",
        "Welcome to Shop",
        "We have received your order ORD-7",
        "We look for your payment for the order ORD-7",
        "Your order ORD-7 is delivered",
        "We have sent back money for your order ORD-7",
    ],
    "pt": [
        "Confirme o seu e-mail",
        "Boas-vindas à loja Shop",
        "Recebemos o seu pedido ORD-7",
        "Procuramos o seu pagamento do pedido ORD-7",
        "Seu pedido ORD-7 foi entregue",
        "Devolvemos dinheiro pelo seu pedido ORD-7",
    ],
}
TOLD_BY_PHONE = {
    "es": ["Hola, Ada: tu pedido ORD-7 está confirmado.", "Hola, Ada: tu pedido ORD-7 va en camino con MRW."],
    "en": ["Hello Ada, your order ORD-7 is confirmed.", "Hello Ada, your order ORD-7 is on its way with MRW."],
    "pt": ["Olá, Ada: o seu pedido ORD-7 está confirmado.", "Olá, Ada: o seu pedido ORD-7 está a caminho com MRW."],
}
TOLD_TO_OWNER = [
    "New order ORD-7 from Ada Lovelace",
    "A payment waits to be verified, for order ORD-7",
    "A payment for order",
]


@pytest.fixture
def pages(phones, client, settings):
    settings.ROOT_URLCONF = "apps.notifications.tests.dev_urls"

    def mails():
        page = client.get("/dev/mail/", {"to": EMAIL}).content.decode()
        addresses = re.findall(r'href="(/dev/mail/[0-9a-f-]{36}/)">([^<]+)', page)[::-1]
        return [unescape(subject) for _, subject in addresses], [
            client.get(one).content.decode() for one, _ in addresses
        ]

    def conversation(number):
        with urlopen(f"{phones.sandbox.url}/twilio/phones/{number}") as page:  # noqa: S310  the sandbox's
            return unescape(page.read().decode())

    return mails, conversation


def register(language, mails):
    """As people do: the link is in the mail."""
    account_services.register_user(
        email=EMAIL, password="a-long-password-7", device=Device(), first_name="Ana", language=language
    )
    outbox.drain()
    [mail] = mails()[1]
    token = unquote(re.search(r"verify-email\?token=([\w%.:-]+)", mail)[1])
    person = account_services.verify_email(token=token, device=Device())
    User.objects.filter(pk=person.pk).update(phone=ANA, channels=[Channel.EMAIL, Channel.WHATSAPP])
    return person


@pytest.mark.parametrize("language", ["es", "en", "pt"])
def test_every_mail_and_message_of_a_purchase_is_on_its_page_in_the_customers_language(pages, language):
    mails, conversation = pages
    for template in (ORDER_CONFIRMED, ORDER_SHIPPED):
        if language != "en":
            approve(template, language)
    person = register(language, mails)
    order = place(StockItemFactory(), customer_id=person.pk, email=EMAIL, language=language)
    Order.objects.update(number="ORD-7")
    payment = payment_services.open_payment(order=order, provider="bank_transfer")
    report = payment_services.TransferReport(bank_reference="0123456")
    payment_services.report_transfer(payment_id=payment.pk, report=report)
    staff = User.objects.create_user("staff@example.test")
    payment_services.confirm_manual_payment(payment_id=payment.pk, staff_user=staff, amount=payment.money)
    outbox.drain()
    order_services.ship_order(order_id=order.pk, actor="staff:1", carrier="MRW", tracking_number="M-1")
    order_services.complete_order(order_id=order.pk, actor="staff:1")
    refund = payment_services.request_refund(
        payment_id=payment.pk, amount=payment.money, reason="return", actor="staff:1"
    )
    outbox.drain()
    payment_services.confirm_manual_refund(refund_id=refund.pk, staff_user=staff, bank_reference="7654321")
    outbox.drain()

    subjects, shown = mails()
    assert subjects == TOLD_BY_MAIL[language]
    assert all(f"in “{language}” from" in page and "Sent" in page for page in shown)
    assert beginnings(conversation(ANA), TOLD_BY_PHONE[language]) == TOLD_BY_PHONE[language]
    assert beginnings(conversation(OWNER), TOLD_TO_OWNER) == TOLD_TO_OWNER


def beginnings(page, expected):
    """What the shop has said on a phone's page, oldest first, each as far as we have written it down."""
    said = re.findall(r"The shop, WhatsApp, [^<]*</p><p>([^<]*)", page)
    return [words[: len(begin)] for words, begin in zip(said, expected, strict=True)]
