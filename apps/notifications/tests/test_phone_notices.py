"""What owners and customers read on their phones, word for word."""

import pytest
from django.core import mail

from apps.accounts.models import User
from apps.inventory.tests.factories import StockItemFactory
from apps.notifications import handlers, services
from apps.notifications.models import Channel, Message
from apps.notifications.phone_templates import LONGEST_TEXT, NEW_ORDER, TEMPLATES
from apps.notifications.tests.conftest import ANA, OWNER, approve
from apps.notifications.tests.test_hostile_words import HOSTILE, INVISIBLE, stored
from apps.orders.models import Fulfilment, Order, OrderLine
from apps.orders.tests.factories import ADDRESS
from apps.orders.tests.placing import pay_in_full, place
from apps.outbox import services as outbox
from apps.payments.models import Payment
from apps.payments.tests import mobile_payments
from apps.stores.models import Store

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return User.objects.create_user("ana@example.test", phone="+58 412-123.45 67", channels=["whatsapp", "email"])


@pytest.fixture
def order(phones, ana):
    order = place(StockItemFactory(variant__product__name="RX-78-2"), customer_id=ana.pk, quantity=2, minutes=60)
    Order.objects.filter(pk=order.pk).update(number="ORD-7")
    total = {"amount": order.total_amount, "currency": "USD"}
    asked = total | {"order_amount": order.total_amount, "order_currency": "USD"}
    Payment.objects.create(order=order, provider="bank_transfer", reference="A7-1", **asked)
    return Order.objects.get(pk=order.pk)


def to(number):
    return [one.text for one in Message.objects.filter(recipient=number).order_by("pk")]


def test_the_owner_reads_the_whole_order(order):
    outbox.drain()

    assert to(OWNER) == [
        "New order ORD-7 from Ada Lovelace (ada@example.test, +584121234567).\n"
        "Goods: 2 × RX-78-2\n"
        "Total: US$25.20\n"
        "Paid by: bank transfer\n"
        "Delivery: Courier: Av. Bolívar 1, 1010 Caracas Distrito Capital, VE\n"
        "The rest is in the shop's admin."
    ]
    assert Message.objects.get(recipient=OWNER).order_number == "ORD-7"


def test_a_customer_who_wants_it_is_told_on_the_phone_and_not_by_mail(phones, order):
    outbox.drain()
    mail.outbox.clear()
    pay_in_full(order_id=order.pk)

    outbox.drain()

    assert to(ANA) == [
        "Hello Ada, your order ORD-7 is confirmed. Total: US$25.20 (bank transfer, paid). "
        "We will tell you when it is on its way."
    ]
    assert mail.outbox == []
    assert [one["to"] for one in phones.heard] == [f"whatsapp:{OWNER}", f"whatsapp:{ANA}"]


def test_a_phone_that_does_not_take_it_is_told_by_the_usual_mail(phones, order):
    outbox.drain()
    mail.outbox.clear()
    phones.switch(refuse={ANA: 63032})
    pay_in_full(order_id=order.pk)

    outbox.drain()

    [sent] = mail.outbox
    assert (sent.subject, sent.to) == ("Your order ORD-7 is paid", ["ada@example.test"])


@pytest.mark.parametrize("change", [{"channels": ["email"]}, {"channels": ["whatsapp"], "phone": "0412"}])
def test_all_others_are_told_by_mail(order, change):
    User.objects.update(**change)
    Order.objects.update(phone="", shipping_address={**ADDRESS, "phone": ""})
    outbox.drain()
    mail.outbox.clear()
    pay_in_full(order_id=order.pk)

    outbox.drain()

    assert to(ANA) == []
    assert len(mail.outbox) == 1


def test_who_wants_no_mail_gets_none_when_the_phone_fails(phones, order):
    User.objects.update(channels=["whatsapp"])
    outbox.drain()
    mail.outbox.clear()
    phones.switch(refuse={ANA: 63032})
    pay_in_full(order_id=order.pk)

    outbox.drain()

    assert Message.objects.get(recipient=ANA).status == "failed"
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("tracking", "shown"), [("MRW-1", "with MRW. Tracking number: MRW-1."), ("", "with MRW. Tracking number: –.")]
)
def test_a_parcel_is_announced_with_its_number_if_it_has_one(order, tracking, shown):
    parcel = Fulfilment.objects.create(order=order, carrier="MRW", tracking_number=tracking)

    handlers.tell_order_shipped(handlers.OrderShipped(order_id=order.pk, fulfilment_id=parcel.pk))

    assert to(ANA) == [f"Hello Ada, your order ORD-7 is on its way {shown} Thank you for buying."]


def test_a_shop_without_an_owners_number_or_an_approval_says_nothing(order, settings):
    settings.WHATSAPP_OWNER_LANGUAGE = "es"
    handlers.tell_owner_of_order(handlers.OrderPlaced(order_id=order.pk))
    settings.WHATSAPP_OWNER_LANGUAGE, settings.WHATSAPP_OWNER_NUMBER = "en", ""
    handlers.tell_owner_of_order(handlers.OrderPlaced(order_id=order.pk))

    assert not Message.objects.filter(channel="whatsapp").exists()


@pytest.mark.parametrize("language", ["es", "pt"])
def test_every_template_reads_in_every_language(phones, language):
    for template in TEMPLATES.values():
        variables, text = template.fill(language, template.gaps)
        assert "{{" not in text
        assert list(variables.values()) == list(template.gaps.values())
        assert not template.bodies[language].startswith("{{")
        assert not template.bodies[language].endswith("}}")


def test_a_customer_reads_her_own_language(order):
    approve(TEMPLATES["shop_order_confirmed"], "es")
    Order.objects.update(language="es")
    pay_in_full(order_id=order.pk)

    outbox.drain()

    assert to(ANA) == [
        "Hola, Ada: tu pedido ORD-7 está confirmado. Total: 25,20 US$ (transferencia, pagado). "
        "Te avisaremos cuando salga."
    ]


@pytest.mark.parametrize("words", [pytest.param(words, id=name) for name, words in HOSTILE.items()])
def test_hostile_words_stay_one_harmless_line_that_twilio_takes(phones, ana, words):
    order = place(StockItemFactory(), customer_id=ana.pk)
    Order.objects.update(shipping_address=dict.fromkeys(ADDRESS, stored(words)), note=stored(words), phone="")
    OrderLine.objects.update(name=stored(words)[:200], options={stored(words): stored(words)})
    Store.objects.update(name=stored(words)[:120])
    pay_in_full(order_id=order.pk)

    outbox.drain()

    sent = Message.objects.filter(channel="whatsapp")
    assert {one.recipient for one in sent} == {OWNER, ANA}
    assert [one["body"] for one in phones.heard] == [one.text for one in sent.order_by("pk")]
    for message in sent:
        assert len(message.text) <= LONGEST_TEXT
        assert len(message.text.splitlines()) == (6 if message.recipient == OWNER else 1)
        assert INVISIBLE.search(message.text) is None
        assert len(message.subject) <= 200
    for heard in phones.heard:
        assert phones.sandbox.control("POST", f"/twilio/messages/{heard['sid']}/step")["status"] == "sent"


@pytest.mark.parametrize("words", [pytest.param(words, id=name) for name, words in HOSTILE.items()])
def test_hostile_words_fit_by_sms_too(phones, words):
    values = dict.fromkeys(NEW_ORDER.gaps, words)

    message = services.queue_to_phone(
        to=OWNER, template=NEW_ORDER, language="en", values=values, dedupe_key="1", channel=Channel.SMS
    )
    outbox.drain()

    assert len(message.text) <= LONGEST_TEXT
    assert len(phones.heard) == 1
    assert all(message.variables.values())


def test_the_owner_hears_once_of_a_mobile_payment_to_verify(phones, settings):
    settings.PAGO_MOVIL = True
    mobile_payments.make_rate()
    mobile_payments.make_recipient()
    payment = mobile_payments.begin()
    for _ in range(2):
        mobile_payments.report(payment)
        outbox.drain()

    [message] = Message.objects.filter(template="shop_payment_to_verify")
    assert message.recipient == OWNER
    assert message.text == (
        f"A payment waits to be verified, for order {payment.order.number}: Bs.1,360.00 by Pago Móvil, "
        "reference 090037579602. Approve or reject it in the shop's admin."
    )
