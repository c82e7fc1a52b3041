"""What mails say of parts and of a second currency: every figure is that of a stored quote."""

from decimal import Decimal
from html import unescape

import pytest
from django.db import transaction

from apps.accounts.models import User
from apps.common.money import Money
from apps.fx_rates import services as fx_services
from apps.fx_rates.models import ExchangeQuote
from apps.fx_rates.tests.factories import RateFactory
from apps.inventory.tests.factories import StockItemFactory
from apps.notifications.models import Message
from apps.orders.models import Order
from apps.orders.tests.placing import place
from apps.outbox import services as outbox
from apps.payments import services
from apps.payments.events import PaymentReturned
from apps.payments.models import Payment
from apps.stores.models import Store

pytestmark = pytest.mark.django_db

LANGUAGES = ["es", "en", "pt"]


@pytest.fixture(autouse=True)
def shop(settings):
    """A shop that takes bolívares at the till; a dollar costs 784.6633 of them, and after a promise something else."""
    settings.STOREFRONT_URL = "https://shop.example"
    settings.CASH_ON_PICKUP_CURRENCIES = ["VES"]
    settings.CASH_ON_DELIVERY_CURRENCIES = ["USD"]
    settings.CASH_ON_DELIVERY_COUNTRIES = ["VE"]
    settings.FX_STALE_DAYS = 36_500  # the day below is printed in what is read, and is fit for as long as these are run
    RateFactory(value_date="2026-11-20")


@pytest.fixture
def order():
    """13.60 USD, shown as 10671.42 VES before the rate moved."""
    order = place(StockItemFactory(), is_pickup=True, customer_id=User.objects.create_user("ada@example.test").pk)
    Store.objects.update(name="Mecha Shop", email="")
    quote = fx_services.quote(money=order.total, currency="VES")
    Order.objects.filter(pk=order.pk).update(number="ORD-7", quote=quote)
    return Order.objects.get(pk=order.pk)


@pytest.fixture
def cashier():
    return User.objects.create_user("till@example.test", is_staff=True)


def speak(language):
    Order.objects.update(language=language)


def told(template):
    outbox.drain()
    return Message.objects.get(template=template)


def lines(message):
    return [line.strip().replace("\u00a0", " ") for line in message.text.splitlines() if line.strip()]


def shown(message):
    return unescape(message.html).replace("\u00a0", " ")


def after(message, line):
    """The lines that follow this one."""
    return lines(message)[lines(message).index(line) + 1 :]


def pay(order, cashier, provider, part=None):
    payment = services.new_attempt(order_id=order.pk, provider=provider, part=part and Money(Decimal(part), "USD"))
    services.start_payment(payment_id=payment.pk)
    return services.confirm_manual_payment(payment_id=payment.pk, staff_user=cashier, amount=payment.money)


RATES = {
    "es": "10.671,42 Bs. a la tasa de 1 USD = 784,6633 VES (BCV, fecha valor 20 de noviembre de 2026)",
    "en": "Bs.10,671.42 at the rate 1 USD = 784.6633 VES (BCV, value date 20 Nov 2026)",
    "pt": "Bs. 10.671,42 à taxa de 1 USD = 784,6633 VES (BCV, data-valor 20 de Novembro de 2026)",
}
TOTALS = {"es": "Total: 13,60 US$", "en": "Total: US$13.60", "pt": "Total: US$ 13,60"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", ["order_placed", "order_confirmed"])
def test_the_total_is_told_in_the_second_currency_as_it_was_promised(order, cashier, language, template):
    speak(language)
    RateFactory(rate=Decimal("801.0001"))
    pay(order, cashier, "bank_transfer")

    message = told(template)

    assert after(message, TOTALS[language])[0] == f"= {RATES[language]}"
    assert RATES[language].split(" (")[0] in shown(message)


def test_an_order_that_is_paid_in_another_currency_tells_that_payments_figures(order, cashier):
    Order.objects.update(quote=None)
    pay(order, cashier, "cash_on_pickup")

    message = told("order_confirmed")

    assert after(message, TOTALS["en"])[:2] == [f"= {RATES['en']}", f"Paid: US$13.60 = {RATES['en']}"]


def test_an_order_in_one_currency_tells_one(order, cashier):
    Order.objects.update(quote=None)
    pay(order, cashier, "bank_transfer")

    assert after(told("order_confirmed"), TOTALS["en"])[0] == "Delivery address"


PARTS = {
    "es": [
        "Recibimos 7.846,63 Bs. por tu pedido ORD-7",
        "Recibimos 7.846,63 Bs. por tu pedido ORD-7. ¡Gracias! Con eso quedan pagados 10,00 US$ de tu pedido.",
        "Faltan por pagar 3,60 US$.",
        "Paga 3,60 US$ en la página de tu pedido.",
        "Pagado: 10,00 US$ = 7.846,63 Bs. a la tasa de 1 USD = 784,6633 VES (BCV, fecha valor 20 de noviembre de 2026)",
        "Por pagar: 3,60 US$",
    ],
    "en": [
        "We have received Bs.7,846.63 for your order ORD-7",
        "We have received Bs.7,846.63 for your order ORD-7. Thank you! It pays US$10.00 of your order.",
        "US$3.60 are still to be paid.",
        "Pay US$3.60 on the page of your order.",
        "Paid: US$10.00 = Bs.7,846.63 at the rate 1 USD = 784.6633 VES (BCV, value date 20 Nov 2026)",
        "Left to pay: US$3.60",
    ],
    "pt": [
        "Recebemos Bs. 7.846,63 pelo seu pedido ORD-7",
        "Recebemos Bs. 7.846,63 pelo seu pedido ORD-7. Obrigado! Com isso ficam pagos US$ 10,00 do seu pedido.",
        "Ainda faltam pagar US$ 3,60.",
        "Pague US$ 3,60 na página do seu pedido.",
        "Pago: US$ 10,00 = Bs. 7.846,63 à taxa de 1 USD = 784,6633 VES (BCV, data-valor 20 de Novembro de 2026)",
        "Falta pagar: US$ 3,60",
    ],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_part_is_told_with_what_it_pays_and_what_is_left(order, cashier, language):
    speak(language)
    pay(order, cashier, "cash_on_pickup", part="10.00")

    message = told("payment_received")

    subject, *expected = PARTS[language]
    assert message.subject.replace("\u00a0", " ") == subject
    assert [line for line in expected if line not in lines(message)] == []
    assert expected[1] in shown(message)


def test_the_last_part_is_told_by_the_confirmation_that_lists_them_all(order, cashier):
    pay(order, cashier, "bank_transfer", part="10.00")
    pay(order, cashier, "cash_on_pickup")

    message = told("order_confirmed")

    assert after(message, f"= {RATES['en']}")[:2] == [
        "Paid: US$10.00",
        "Paid: US$3.60 = Bs.2,824.79 at the rate 1 USD = 784.6633 VES (BCV, value date 20 Nov 2026)",
    ]
    assert "Left to pay" not in message.text
    assert Message.objects.filter(template="payment_received").count() == 1


def test_a_transfer_of_the_rest_is_asked_for_the_rest(order, cashier):
    pay(order, cashier, "bank_transfer", part="10.00")
    services.start_payment(payment_id=services.new_attempt(order_id=order.pk, provider="bank_transfer").pk)

    assert "Transfer US$3.60 to this account:" in lines(told("payment_received"))


def test_a_rate_with_the_shops_margin_is_told_as_such(order):
    promised = order.quote
    fields = {name: getattr(promised, name) for name in ("base_amount", "base_currency", "amount", "currency", "rate")}
    about = {"source": "bcv", "value_date": "2026-11-20", "expires_at": promised.expires_at}
    fallback = ExchangeQuote.objects.create(**fields, **about, snapshot=promised.snapshot, is_fallback=True)
    Order.objects.update(quote=fallback)

    text = "; the last known rate with the shop's margin, as no newer one was fit"
    assert after(told("order_placed"), TOTALS["en"])[0].endswith(text)


REFUNDS = {
    "es": "Lo habías pagado a esta tasa: 3.557,14 Bs. a la tasa de 1 USD = 784,6633 VES",
    "en": "You had paid it by this rate: Bs.3,557.14 at the rate 1 USD = 784.6633 VES",
    "pt": "Você havia pago a esta taxa: Bs. 3.557,14 à taxa de 1 USD = 784,6633 VES",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refund_is_told_with_the_rate_at_which_it_was_paid(order, cashier, language):
    speak(language)
    payment = pay(order, cashier, "cash_on_pickup")
    RateFactory(rate=Decimal("801.0001"))
    amount = Money(Decimal("3557.14"), "VES")
    refund = services.request_refund(payment_id=payment.pk, amount=amount, reason="broken", actor="shop")
    services.execute_refund(refund_id=refund.pk)
    services.confirm_manual_refund(refund_id=refund.pk, staff_user=cashier, bank_reference="R1")

    message = told("refund_sent")

    assert [line for line in lines(message) if line.startswith(REFUNDS[language])]
    assert REFUNDS[language] in shown(message)


ON_DELIVERY = {
    "es": ["Tu pedido ORD-8 está confirmado", "Tu pedido está confirmado y pagas 13,60 US$ al recibirlo."],
    "en": ["Your order ORD-8 is confirmed", "Your order is confirmed, and you pay US$13.60 when it is delivered."],
    "pt": ["Seu pedido ORD-8 está confirmado", "Seu pedido está confirmado e você paga US$ 13,60 na entrega."],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_order_that_is_paid_on_delivery_is_not_said_to_be_paid(language):
    placed = place(StockItemFactory(), minutes=None)
    Order.objects.update(number="ORD-8", language=language)
    services.start_payment(payment_id=services.open_payment(order=placed, provider="cash_on_delivery").pk)

    message = told("order_confirmed")

    subject, sentence = ON_DELIVERY[language]
    assert message.subject == subject
    assert lines(message)[1].startswith(sentence)


def test_a_part_that_came_too_late_is_not_said_to_be_paid_already(order):
    payment = services.open_payment(order=order, provider="bank_transfer")
    Payment.objects.filter(pk=payment.pk).update(captured_amount=Decimal("10.00"))
    with transaction.atomic():
        outbox.publish(PaymentReturned(order_id=order.pk, payment_id=payment.pk, reason="order_expired"))

    assert lines(told("payment_returned"))[1] == (
        "We have received US$10.00 for your order ORD-7, which had expired before all of its price had come."
    )
