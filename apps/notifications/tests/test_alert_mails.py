"""What people have asked to be told of a product: in their language, by day, and until they have enough of it."""

from datetime import time, timedelta
from decimal import Decimal
from html import unescape
from urllib.parse import urlencode, urlsplit

import pytest
from django.core import mail
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.catalog import services as catalog
from apps.catalog.tests.clock import clock_goes_on
from apps.common.clock import database_now
from apps.inventory.models import StockItem
from apps.notifications import services
from apps.notifications.exceptions import NotSentAgain
from apps.notifications.models import Message
from apps.outbox import services as outbox
from apps.stores.models import Store
from apps.wishlists import services as wishlists
from apps.wishlists.models import AlertKind, PriceAlert
from apps.wishlists.tests.factories import ask, goods, set_price, sister

pytestmark = pytest.mark.django_db
NEVER, ALWAYS = (time(0), time(0)), (time(0), time.max)


@pytest.fixture(autouse=True)
def awake(settings):
    settings.STOREFRONT_URL, settings.SITE_URL = "https://shop.example", "https://api.shop.example"
    settings.MARKETING_QUIET_HOURS = NEVER


@pytest.fixture
def ana():
    return User.objects.create_user("ana@example.test", first_name="Ana", language="en")


def sent():
    """What is on its way."""
    mail.outbox.clear()
    while outbox.drain():
        pass
    return [one for one in mail.outbox if one.to == ["ana@example.test"]]


def sent_by_beat():
    services.tell_of_alerts()
    return sent()


def cheaper(ana):
    product = goods(price="1234.50")
    ask(ana, product)
    set_price(product, "999.00")


def back(ana):
    product = goods(on_hand=0)
    ask(ana, product, AlertKind.BACK_IN_STOCK)
    StockItem.objects.update(on_hand=3)


NOTICES = {
    "price_drop": (
        cheaper,
        {
            "es": ("RX cuesta menos ahora", "RX cuesta ahora 999,00\u00a0US$.", "costaba 1.234,50\u00a0US$."),
            "en": ("RX costs less now", "RX costs US$999.00 now.", "it cost US$1,234.50."),
            "pt": ("RX está mais barato agora", "RX custa agora US$\u00a0999,00.", "custava US$\u00a01.234,50."),
        },
    ),
    "back_in_stock": (
        back,
        {
            "es": ("RX está de vuelta", "Ya puedes volver a comprar RX.", "una sola vez"),
            "en": ("RX is back", "RX can be bought again.", "We tell you this once"),
            "pt": ("RX está de volta", "Você já pode comprar RX de novo.", "uma só vez"),
        },
    ),
}
WHY = {
    "es": "Recibes este correo de Mecha Shop porque lo pediste.",
    "en": "You get this mail from Mecha Shop because you have asked for it.",
    "pt": "Você recebe este e-mail de Mecha Shop porque o pediu.",
}


@pytest.mark.parametrize("language", ["es", "en", "pt"])
@pytest.mark.parametrize("template", NOTICES)
def test_it_is_told_once_in_the_readers_language_with_a_way_out(ana, template, language):
    happen, told = NOTICES[template]
    User.objects.update(language=language)
    happen(ana)
    Store.objects.update(name="Mecha Shop")

    [message] = sent_by_beat()

    subject, *sentences = told[language]
    html = unescape(message.alternatives[0].content)
    assert message.subject == subject
    for words in (*sentences, "https://shop.example/products/rx", WHY[language]):
        assert words in message.body
        assert words in html
    assert "https://shop.example/price-alerts/end?token=" in message.body
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert sent_by_beat() == []


def test_a_lower_price_of_a_variant_names_it(ana):
    product = goods(price="20.00")
    large = sister(product, "30.00")
    ask(ana, product, variant_public_id=large.public_id)

    set_price(product, "10.00")

    [message] = sent_by_beat()
    assert message.subject == "RX (L) costs less now"


def test_a_lower_price_is_told_at_once_and_an_offer_when_it_begins(ana):
    product = goods(price="20.00")
    ask(ana, product)
    set_price(product, "19.00")
    assert len(sent()) == 1

    [variant] = product.variants.all()
    tomorrow = database_now() + timedelta(days=1)
    catalog.make_offers(variant_ids=[variant.pk], price_amount=Decimal("15.00"), starts_at=tomorrow)
    assert sent_by_beat() == []
    clock_goes_on(days=2)

    [message] = sent_by_beat()
    assert "RX costs US$15.00 now." in message.body


def test_a_price_that_fell_and_rose_before_anybody_looked_is_not_told(ana):
    product = goods(price="20.00")
    ask(ana, product)

    set_price(product, "10.00")
    set_price(product, "20.00")

    assert sent_by_beat() == []
    set_price(product, "19.00")
    assert len(sent_by_beat()) == 1


def test_in_quiet_hours_nothing_is_decided_so_that_the_morning_tells_the_price_of_the_morning(ana, settings):
    settings.MARKETING_QUIET_HOURS = ALWAYS
    product = goods(price="20.00")
    ask(ana, product)
    set_price(product, "10.00")
    assert sent_by_beat() == []

    set_price(product, "15.00")
    settings.MARKETING_QUIET_HOURS = NEVER

    [message] = sent_by_beat()
    assert "RX costs US$15.00 now." in message.body


def test_a_mail_program_ends_just_this_alert_by_one_post_and_a_scanner_does_not(ana):
    cheaper(ana)
    other = ask(ana, goods("zaku"))
    [message] = sent_by_beat()
    address = urlsplit(message.extra_headers["List-Unsubscribe"].strip("<>")).path
    client = APIClient()

    looked = client.get(address).json()
    assert (looked["kind"], looked["product"]["slug"], looked["is_ended"]) == ("price_drop", "rx", False)
    form = {"data": urlencode({"List-Unsubscribe": "One-Click"}), "content_type": "application/x-www-form-urlencoded"}
    for _ in range(2):
        assert client.post(address, **form).json()["is_ended"] is True

    assert list(PriceAlert.objects.filter(status="waiting")) == [other]
    forged = client.post(address.removesuffix("/")[:-1] + "-/")
    assert (forged.status_code, forged.json()["code"]) == (400, "link-not-valid")


def test_what_was_ended_while_it_was_on_its_way_is_not_sent(ana):
    cheaper(ana)
    services.tell_of_alerts()

    wishlists.end_alert(alert_id=PriceAlert.objects.get().pk)

    assert sent() == []
    assert Message.objects.get(template="price_drop").status == "failed"


def test_staff_send_it_again_with_its_way_out_until_the_alert_is_ended(ana):
    cheaper(ana)
    sent_by_beat()
    message = Message.objects.get(template="price_drop")

    services.resend(message_id=message.pk, actor="staff:1", key="1")

    [again] = sent()
    assert "/price-alerts/end/" in again.extra_headers["List-Unsubscribe"]
    wishlists.end_alert(alert_id=PriceAlert.objects.get().pk)
    with pytest.raises(NotSentAgain, match="ended the alert"):
        services.resend(message_id=message.pk, actor="staff:1", key="2")


def test_it_needs_no_yes_to_marketing_and_one_that_cannot_be_told_holds_up_no_other(ana):
    product = goods(price="20.00")
    ask(User.objects.create_user("bo@example.test"), product)
    User.objects.filter(email="bo@example.test").update(email="no address")
    ask(ana, product)

    set_price(product, "10.00")

    assert len(sent_by_beat()) == 1
    assert PriceAlert.objects.filter(told_count=1).count() == 1
