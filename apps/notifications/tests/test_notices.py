"""A table of notices: what makes each of them, and what it says in each language."""

from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from celery.signals import task_failure
from django.core.signals import got_request_exception
from django.test import RequestFactory
from django.urls import resolve
from django.utils import timezone

from apps.accounts.models import User
from apps.fx_rates.models import AlertKind, ExchangeRateAlert
from apps.fx_rates.services import boards
from apps.inventory import services as inventory_services
from apps.inventory.models import StockItem
from apps.inventory.tests.factories import StockItemFactory
from apps.notifications import selectors, services
from apps.notifications.models import Message
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.orders.tests.placing import pay_in_full, place
from apps.outbox import services as outbox
from apps.outbox.models import Delivery, OutboxMessage
from apps.payments.services import pago_movil
from apps.payments.tests import mobile_payments
from apps.stores.models import Store

pytestmark = pytest.mark.django_db

LANGUAGES = ["es", "en", "pt"]


@pytest.fixture
def speak(settings):
    """Customers and staff read this language."""

    def speak(language):
        settings.LANGUAGE_CODE = language
        Order.objects.update(language=language, number="ORD-7")
        Store.objects.update(email="store@example.test", name="Mecha Shop")

    settings.STOREFRONT_URL, settings.SITE_URL = "https://shop.example", "https://api.shop.example"
    settings.PAGO_MOVIL = True
    return speak


def delivered():
    order = place(StockItemFactory())
    yield
    pay_in_full(order_id=order.pk)
    order_services.ship_order(order_id=order.pk, actor="shop", carrier="MRW", tracking_number="1")
    order_services.complete_order(order_id=order.pk, actor="shop")


def mobile_payment():
    mobile_payments.make_rate()
    mobile_payments.make_recipient()
    return mobile_payments.begin()


def reported():
    payment = mobile_payment()
    yield
    mobile_payments.report(payment)


def rejected():
    payment = mobile_payment()
    claim = mobile_payments.report(payment)
    yield
    pago_movil.reject_claim(claim_id=claim.pk, staff_user=mobile_payments.make_staff(), reason="No such reference")


def approved():
    payment = mobile_payment()
    claim = mobile_payments.report(payment)
    yield
    mobile_payments.approve(claim, mobile_payments.make_staff())


def approved_in_part():
    payment = mobile_payment()
    claim = mobile_payments.report(payment, amount=Decimal("1000.00"))
    yield
    mobile_payments.approve(claim, mobile_payments.make_staff(), amount="1000.00", accept_difference=True)


def low_stock():
    StockItemFactory(on_hand=3, variant__product__name="RX-78-2", variant__sku="GUN-1", location__name="Main")
    yield
    inventory_services.announce_low_stock()


def large_move():
    StockItemFactory()
    yield
    change = {"change_percent": Decimal("12.5")}
    boards.raise_alert(AlertKind.LARGE_MOVE, "VES", "1", "From 100 to 112.5 by bcv: +12.50 %.", **change)


def about_to_expire():
    order = place(StockItemFactory(), minutes=15)
    Order.objects.filter(pk=order.pk).update(payment_due_at=timezone.now() + timedelta(minutes=4))
    yield
    services.remind_of_payment_windows()
    services.remind_of_payment_windows()


def dead_letter():
    StockItemFactory()
    message = OutboxMessage.objects.create(event_type="orders.OrderPlaced", payload={"order_id": 1})
    Delivery.objects.create(message=message, handler="search.index_order", status="dead")
    yield
    services.tell_of_dead_letters()
    services.tell_of_dead_letters()


def failure():
    StockItemFactory()
    yield
    for words in ("ana@example.test is no address", "nor is this"):
        services.tell_of_error(where="POST /api/v1/checkout/", error=ValueError(words))


NOTICES = {
    "order_delivered": (
        delivered,
        {
            "es": ("Tu pedido ORD-7 está entregado", "Entregamos tu pedido ORD-7. Esperamos que te guste"),
            "en": ("Your order ORD-7 is delivered", "We have delivered your order ORD-7. We hope that you like"),
            "pt": ("Seu pedido ORD-7 foi entregue", "Entregamos o seu pedido ORD-7. Esperamos que goste"),
        },
    ),
    "payment_reported": (
        reported,
        {
            "es": (
                "Buscamos tu pago del pedido ORD-7",
                "enviaste 1.360,00 Bs. por tu pedido ORD-7, con la referencia 090037579602.",
            ),
            "en": (
                "We look for your payment for the order ORD-7",
                "you sent Bs.1,360.00 for your order ORD-7, under the reference 090037579602.",
            ),
            "pt": (
                "Procuramos o seu pagamento do pedido ORD-7",
                "enviou Bs. 1.360,00 pelo seu pedido ORD-7, com a referência 090037579602.",
            ),
        },
    ),
    "payment_rejected": (
        rejected,
        {
            "es": ("No encontramos tu pago del pedido ORD-7", "El motivo: No such reference"),
            "en": ("We have not found your payment for the order ORD-7", "The reason: No such reference"),
            "pt": ("Não encontramos o seu pagamento do pedido ORD-7", "O motivo: No such reference"),
        },
    ),
    "order_confirmed": (
        approved,
        {
            "es": ("Tu pedido ORD-7 está pagado", "Encontramos tu pago de 1.360,00 Bs., referencia 090037579602."),
            "en": ("Your order ORD-7 is paid", "We have found your payment of Bs.1,360.00, reference 090037579602."),
            "pt": (
                "Seu pedido ORD-7 está pago",
                "Encontramos o seu pagamento de Bs. 1.360,00, referência 090037579602.",
            ),
        },
    ),
    "payment_received": (
        approved_in_part,
        {
            "es": (
                "Recibimos 1.000,00 Bs. por tu pedido ORD-7",
                "Encontramos tu pago de 1.000,00 Bs., referencia 090037579602.",
            ),
            "en": (
                "We have received Bs.1,000.00 for your order ORD-7",
                "We have found your payment of Bs.1,000.00, reference 090037579602.",
            ),
            "pt": (
                "Recebemos Bs. 1.000,00 pelo seu pedido ORD-7",
                "Encontramos o seu pagamento de Bs. 1.000,00, referência 090037579602.",
            ),
        },
    ),
    "staff_low_stock": (
        low_stock,
        {
            "es": ("Pocas existencias: 1 productos", "RX-78-2 (GUN-1), Main: quedan 3, poco a partir de 5"),
            "en": ("Low stock: 1 goods", "RX-78-2 (GUN-1), Main: 3 left, low from 5"),
            "pt": ("Estoque baixo: 1 produtos", "RX-78-2 (GUN-1), Main: restam 3, pouco a partir de 5"),
        },
    ),
    "staff_rate_alert": (
        large_move,
        {
            "es": ("Aviso sobre la tasa: Large Move VES", "La tasa de VES se movió un +12.50 %."),
            "en": ("Rate alert: Large Move VES", "The rate of VES has moved by +12.50 %."),
            "pt": ("Aviso sobre a taxa: Large Move VES", "A taxa de VES mudou +12.50 %."),
        },
    ),
    "payment_expiring": (
        about_to_expire,
        {
            "es": ("Tu pedido ORD-7 está por vencer", "Todavía guardamos los productos de tu pedido ORD-7"),
            "en": ("Your order ORD-7 is about to expire", "We still keep the goods of your order ORD-7 for you"),
            "pt": ("Seu pedido ORD-7 está prestes a expirar", "Ainda guardamos os produtos do seu pedido ORD-7"),
        },
    ),
    "staff_dead_letters": (
        dead_letter,
        {
            "es": ("Avisos sin entregar: search.index_order", "search.index_order no pudo atender 1 avisos"),
            "en": ("Dead letters: search.index_order", "1 announcements could not be handled by search.index_order"),
            "pt": ("Avisos não entregues: search.index_order", "search.index_order não conseguiu tratar 1 avisos"),
        },
    ),
    "staff_system_error": (
        failure,
        {
            "es": ("Algo falla en la tienda: POST /api/v1/checkout/", "ValueError en POST /api/v1/checkout/."),
            "en": ("Something fails in the shop: POST /api/v1/checkout/", "ValueError at POST /api/v1/checkout/."),
            "pt": ("Algo falha na loja: POST /api/v1/checkout/", "ValueError em POST /api/v1/checkout/."),
        },
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", NOTICES)
def test_a_notice_says_what_happened_once_in_the_readers_language(speak, template, language):
    happen, told = NOTICES[template]
    story = happen()
    next(story)
    speak(language)

    for _ in story:
        raise AssertionError("a story has one event")
    outbox.drain()
    outbox.drain()

    [message] = Message.objects.filter(template=template)
    subject, sentence = told[language]
    assert message.subject.replace("\u00a0", " ") == subject
    assert sentence in message.text.replace("\u00a0", " ")
    assert sentence in unescape(message.html).replace("\u00a0", " ")
    assert message.status == "sent"


def owner_hears(template):
    outbox.drain()
    return list(Message.objects.filter(template=template, channel="whatsapp").values_list("text", flat=True))


def test_the_owner_reads_on_the_phone_that_money_has_come(phones, speak):
    order = place(StockItemFactory())
    cashier = User.objects.create_user("till@example.test", is_staff=True)
    speak("en")
    payment = mobile_payments.services.open_payment(order=order, provider="bank_transfer")
    mobile_payments.services.confirm_manual_payment(payment_id=payment.pk, staff_user=cashier, amount=order.total)

    assert owner_hears("shop_payment_confirmed") == [
        "A payment for order ORD-7 has come: US$13.60 by bank transfer. The order is paid."
    ]


def test_a_rate_that_moves_by_a_lot_interrupts_the_owner_and_other_alerts_do_not(phones, speak):
    [*large_move()]
    boards.raise_alert(AlertKind.NOTHING_NEW, "VES", "2", "Nothing new for two days.")

    assert owner_hears("shop_rate_alert") == [
        "Alert about the rate of VES (Large Move): From 100 to 112.5 by bcv: +12.50 %. Look at it in the shop's admin."
    ]
    assert ExchangeRateAlert.objects.count() == 2


def shelf(**changes):
    return StockItemFactory(**{"on_hand": 6, "variant__product__name": "RX-78-2", "variant__sku": "GUN-1"} | changes)


def low_stock_told():
    inventory_services.announce_low_stock()
    return owner_hears("shop_low_stock")


def test_goods_that_run_low_are_told_once_until_more_come(phones, speak):
    item = shelf()
    assert low_stock_told() == []

    order = place(item)
    told = "Few units are left of 1 goods: RX-78-2 (GUN-1): 5. The rest is in the shop's admin."
    assert low_stock_told() == [told]

    order_services.cancel_order(order_id=order.pk, reason="changed her mind", actor="customer")
    assert low_stock_told() == [told]
    place(item)
    assert low_stock_told() == [told]

    inventory_services.receive_stock(receipts=[(item.variant_id, item.location_id, 10)])
    assert low_stock_told() == [told]
    assert StockItem.objects.get(pk=item.pk).low_told_at is None
    place(item, quantity=10)
    assert len(low_stock_told()) == 2


def test_all_that_runs_low_at_once_makes_one_message_for_each_store(phones, speak):
    first = shelf(on_hand=1)
    for number in range(10):
        shelf(on_hand=0, variant__sku=f"SKU-{number}", location=first.location)
    shelf(on_hand=9, variant__sku="PLENTY", location=first.location)

    [told] = low_stock_told()

    assert told.startswith("Few units are left of 11 goods: RX-78-2 (SKU-0): 0; ")
    assert "; +3. The rest" in told


def test_goods_that_are_not_on_sale_or_came_back_meanwhile_are_not_told(phones, speak):
    shelf(on_hand=0, variant__is_active=False)
    item = shelf(on_hand=0, variant__sku="GUN-2")
    inventory_services.announce_low_stock()
    StockItem.objects.filter(pk=item.pk).update(low_told_at=timezone.now())

    assert owner_hears("shop_low_stock") == []


def test_another_threshold_asks_anew(phones, speak):
    item = shelf(on_hand=4)
    assert len(low_stock_told()) == 1

    inventory_services.set_low_stock_threshold(stock_item_id=item.pk, threshold=4)

    assert len(low_stock_told()) == 2


@pytest.mark.parametrize(
    ("window", "left", "is_told"),
    [(15, 6, False), (15, 4, True), (15, 0, False), (1440, 61, False), (1440, 59, True), (1440, -1, False)],
)
def test_customers_are_reminded_in_time_and_of_what_can_still_be_paid(window, left, is_told):
    order, now = place(StockItemFactory()), timezone.now()
    due = now + timedelta(minutes=left)
    Order.objects.update(payment_due_at=due, created_at=due - timedelta(minutes=window))

    assert list(selectors.windows_about_to_end()) == ([order] if is_told else [])
    order_services.cancel_order(order_id=order.pk, reason="changed her mind", actor="customer")
    assert not selectors.windows_about_to_end()


def test_another_end_is_told_anew():
    place(StockItemFactory())
    for minutes in (4, 4, 3):
        Order.objects.update(payment_due_at=timezone.now().replace(microsecond=999_999) + timedelta(minutes=minutes))
        services.remind_of_payment_windows()
        assert not selectors.windows_about_to_end()

    assert Message.objects.filter(template="payment_expiring").count() == 2


def test_a_request_or_a_task_that_fails_is_told_by_its_place_and_not_by_what_was_said(phones, speak, client):
    request = RequestFactory().post("/api/v1/orders/ORD-7/cancel/")
    request.resolver_match = resolve("/api/v1/orders/ORD-7/cancel/")
    try:
        raise KeyError("ana@example.test")
    except KeyError as error:
        got_request_exception.send(sender=None, request=request)
        task_failure.send(sender=send_nothing, exception=error)
        task_failure.send(sender=send_nothing, exception=TimeoutError())

    assert owner_hears("shop_system_error") == [
        f"Something fails in the shop, at {where}: KeyError. Tell whoever looks after it."
        for where in ("POST /api/v1/orders/<number>/cancel/", "shop.send_nothing")
    ]


class send_nothing:
    name, throws = "shop.send_nothing", (TimeoutError,)
