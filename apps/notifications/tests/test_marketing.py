"""Mail to those who have asked for it: under which yes, at what time, and how it ends."""

from datetime import datetime, time, timedelta
from html import unescape
from urllib.parse import urlencode, urlsplit

import pytest
from django.core import mail
from django.utils import timezone
from rest_framework.test import APIClient
from twilio.request_validator import RequestValidator

from apps.accounts import services as accounts
from apps.accounts.models import Consent, ConsentSource, Marketing, User
from apps.cart.models import Cart
from apps.cart.tests.factories import CartFactory, CartItemFactory
from apps.inventory.tests.factories import StockItemFactory
from apps.notifications import services
from apps.notifications.models import ClosedNumber, Message
from apps.notifications.tests.conftest import ANA
from apps.orders import services as order_services
from apps.orders.models import Order, OrderStatusChange
from apps.orders.tests.placing import pay_in_full, place
from apps.outbox import services as outbox
from apps.stores.models import Store

pytestmark = pytest.mark.django_db

NEVER, ALWAYS = (time(0), time(0)), (time(0), time.max)


@pytest.fixture(autouse=True)
def awake(settings):
    settings.STOREFRONT_URL, settings.SITE_URL = "https://shop.example", "https://api.shop.example"
    settings.MARKETING_QUIET_HOURS = NEVER


@pytest.fixture
def ana():
    return User.objects.create_user("ana@example.test", first_name="Ana", language="en")


def agree(user, *kinds):
    accounts.choose_marketing(user=user, kinds=kinds, source=ConsentSource.PREFERENCES)


def bought(user, days_ago=8):
    order = place(StockItemFactory(variant__product__name="RX-78-2", variant__product__slug="rx"), customer_id=user.pk)
    Order.objects.update(number="ORD-7")
    pay_in_full(order_id=order.pk)
    order_services.ship_order(order_id=order.pk, actor="shop", carrier="MRW", tracking_number="1")
    order_services.complete_order(order_id=order.pk, actor="shop")
    OrderStatusChange.objects.update(created_at=timezone.now() - timedelta(days=days_ago))
    return order


def left_behind(user, hours_ago=25):
    item = StockItemFactory(variant__product__name="RX-78-2", variant__product__slug="rx-2")
    cart = CartFactory(user=user)
    CartItemFactory(cart=cart, variant=item.variant, quantity=1)
    Cart.objects.filter(pk=cart.pk).update(updated_at=timezone.now() - timedelta(hours=hours_ago))
    return cart


def tell():
    """What a round of beat sends to people who have asked for it."""
    mail.outbox.clear()
    services.invite_to_review()
    services.tell_of_abandoned_carts()
    services.send_held()
    outbox.drain()
    return [one for one in mail.outbox if "List-Unsubscribe" in one.extra_headers]


NOTICES = {
    "review_invitation": (
        bought,
        {
            "es": ("¿Qué te parece lo que compraste?", "Ya tienes tu pedido ORD-7 desde hace unos días."),
            "en": ("What do you think of what you bought?", "Your order ORD-7 has been with you for some days."),
            "pt": ("O que você achou do que comprou?", "Seu pedido ORD-7 já está com você há alguns dias."),
        },
    ),
    "abandoned_cart": (
        left_behind,
        {
            "es": ("Tu carrito en Mecha Shop te espera", "Dejaste algo en tu carrito:"),
            "en": ("Your cart at Mecha Shop waits for you", "You have left something in your cart:"),
            "pt": ("Seu carrinho em Mecha Shop espera por você", "Você deixou algo no seu carrinho:"),
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
def test_it_is_told_once_in_the_readers_language_and_can_be_ended(ana, template, language):
    happen, told = NOTICES[template]
    agree(ana, *Marketing.values)
    User.objects.update(language=language)
    happen(ana)
    Store.objects.update(name="Mecha Shop")

    [sent] = tell()

    subject, sentence = told[language]
    html = unescape(sent.alternatives[0].content)
    assert (sent.subject, sent.to) == (subject, ["ana@example.test"])
    for words in (sentence, "RX-78-2", "https://shop.example/products/rx", WHY[language]):
        assert words in sent.body
        assert words in html
    assert "https://shop.example/unsubscribe?token=" in sent.body
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert tell() == []


@pytest.mark.parametrize("kinds", [(), (Marketing.OFFERS,)], ids=["nothing", "something else"])
def test_nobody_hears_what_he_has_not_asked_for(ana, kinds):
    agree(ana, *kinds)
    bought(ana)
    left_behind(ana)

    assert tell() == []


@pytest.mark.parametrize(
    ("happen", "options"),
    [
        (bought, {"days_ago": 6}),
        (bought, {"days_ago": 15}),
        (left_behind, {"hours_ago": 23}),
        (left_behind, {"hours_ago": 24 * 9}),
    ],
    ids=["just arrived", "long forgotten order", "cart in use", "long forgotten cart"],
)
def test_too_early_and_too_late_nothing_is_told(ana, happen, options):
    agree(ana, *Marketing.values)
    happen(ana, **options)

    assert tell() == []


def test_what_cannot_be_bought_or_looked_at_any_more_is_not_told(ana):
    agree(ana, *Marketing.values)
    product = bought(ana).lines.get().variant.product
    product.status = "archived"
    product.save()

    assert tell() == []


def test_in_quiet_hours_it_waits_and_is_not_sent_if_the_yes_is_taken_back_meanwhile(ana, settings):
    settings.MARKETING_QUIET_HOURS = ALWAYS
    agree(ana, *Marketing.values)
    bought(ana)
    left_behind(ana)
    assert tell() == []
    assert Message.objects.filter(status="queued", held_until__isnull=False).count() == 2

    agree(ana, Marketing.REVIEWS)
    Message.objects.filter(held_until__isnull=False).update(held_until=timezone.now())

    assert [one.subject for one in tell()] == ["What do you think of what you bought?"]
    assert Message.objects.get(template="abandoned_cart").status == "failed"


@pytest.mark.parametrize(
    ("now", "quiet", "end"),
    [
        ("2026-11-21T23:30", "21:00-08:00", "2026-11-22T08:00"),
        ("2026-11-22T07:59", "21:00-08:00", "2026-11-22T08:00"),
        ("2026-11-22T08:00", "21:00-08:00", None),
        ("2026-11-22T13:30", "13:00-15:00", "2026-11-22T15:00"),
        ("2026-11-22T13:30", "00:00-00:00", None),
    ],
)
def test_quiet_hours_are_those_of_the_shops_clock(settings, now, quiet, end):
    settings.MARKETING_QUIET_HOURS = tuple(time.fromisoformat(one) for one in quiet.split("-"))
    caracas = "-04:00"

    told = services.end_of_quiet_hours(datetime.fromisoformat(now + caracas))

    assert told == (end and datetime.fromisoformat(end + caracas))


def test_a_mail_program_ends_it_by_one_post_and_a_scanner_does_not(ana):
    agree(ana, *Marketing.values)
    left_behind(ana)
    [sent] = tell()
    address = urlsplit(sent.extra_headers["List-Unsubscribe"].strip("<>")).path
    client = APIClient()

    looked = client.get(address)
    assert looked.json() == {"kind": "abandoned_cart", "email": "a•••@example.test", "is_subscribed": True}
    form = {"data": urlencode({"List-Unsubscribe": "One-Click"}), "content_type": "application/x-www-form-urlencoded"}
    for _ in range(2):
        assert client.post(address, **form).json()["is_subscribed"] is False

    ended = Consent.objects.exclude(withdrawn_at=None).get()
    assert (ended.kind, ended.withdrawn_by) == ("abandoned_cart", "unsubscribe_link")
    assert ana.live_consents().count() == 2


def test_an_old_mail_also_ends_a_later_yes_and_a_forged_link_ends_nothing(ana):
    agree(ana, Marketing.REVIEWS)
    token = accounts.unsubscribe_token(ana.consents.get())
    agree(ana)
    agree(ana, Marketing.REVIEWS)

    forged = APIClient().post(f"/api/v1/notifications/unsubscribe/{token[:-1]}-/")
    assert (forged.status_code, forged.json()["code"]) == (400, "link-not-valid")
    assert ana.live_consents().exists()

    accounts.unsubscribe(token=token)
    assert not ana.live_consents().exists()
    assert ana.consents.count() == 2


def test_other_mail_has_no_way_out(ana):
    outbox.drain()
    mail.outbox.clear()
    services.tell_person(ana, "password_changed", about="1", account_url="https://shop.example/account")
    outbox.drain()

    [sent] = mail.outbox
    assert "List-Unsubscribe" not in sent.extra_headers


def write(client, words, *, sender=f"whatsapp:{ANA}", token="sandbox", **more):  # noqa: S107  the sandbox's
    path = "/api/v1/notifications/webhooks/twilio/inbound/"
    params = {"From": sender, "To": "whatsapp:+14155238886", "Body": words, **more}
    signature = RequestValidator(token).compute_signature(f"https://api.shop.example{path}", params)
    return client.post(path, params, headers={"X-Twilio-Signature": signature}).status_code


def closed():
    return list(ClosedNumber.objects.values_list("channel", "recipient"))


def test_a_phone_that_says_stop_is_left_in_peace_until_it_says_start(phones, client):
    assert [write(client, words) for words in (" stop. ", "STOP")] == [204, 204]
    assert closed() == [("whatsapp", ANA)]

    assert write(client, "Hello?") == 204
    assert write(client, "start", sender=ANA) == 204
    assert closed() == [("whatsapp", ANA)]

    assert write(client, "START") == 204
    assert closed() == []


def test_stop_works_by_sms_in_other_languages_and_as_twilio_has_understood_it(phones, client):
    write(client, "baja", sender=ANA)
    assert closed() == [("sms", ANA)]
    write(client, "let me in again", sender=ANA, OptOutType="START")
    assert closed() == []


def test_words_that_twilio_has_not_signed_close_nothing(phones, client):
    assert write(client, "STOP", token="somebody else's") == 400
    assert write(client, "STOP", sender="whatsapp:nobody") == 204
    assert closed() == []


def test_the_phone_of_the_sandbox_says_stop_and_start_to_the_shop(phones, client):
    path = "/api/v1/notifications/webhooks/twilio/inbound/"
    phones.sandbox.send_webhooks_to("twilio", f"https://api.shop.example{path}")
    seen = []

    for words in ("STOP", "START"):
        phones.sandbox.control("POST", f"/twilio/phones/{ANA}/says", {"body": words})
        hook = phones.sandbox.webhooks[-1]
        sent = {"X-Twilio-Signature": hook.headers["X-Twilio-Signature"]}
        answer = client.post(path, hook.body, content_type="application/x-www-form-urlencoded", headers=sent)
        seen.append((answer.status_code, closed()))

    assert seen == [(204, [("whatsapp", ANA)]), (204, [])]
