"""What people type into names, addresses and reasons reaches mails, and must do nothing there but be read."""

import re
from email import message_from_bytes, policy

import pytest
from django.core import mail

from apps.inventory.tests.factories import StockItemFactory
from apps.notifications import services
from apps.notifications.models import Message
from apps.notifications.plain import one_line, said_by_user
from apps.orders.models import Order, OrderLine
from apps.orders.tests.factories import ADDRESS
from apps.orders.tests.placing import place
from apps.outbox import services as outbox
from apps.stores.models import Store

HOSTILE = {
    "line breaks": "Eve\r\nBcc: all@evil.example\r\n\r\nPay here\u2028now",
    "html": "<a href=https://evil.example>Eve</a><script>alert(1)</script><img src=x onerror=alert(1)>",
    "a link": "Win at https://evil.example/now or www.evil.example or eve@evil.example",
    "a hidden link": "evil.\u200eexample evil.\u00adexample evil\u3002example evil\uff0eexample ｈttps://evil.рф",
    "a turned direction": "\u202eeve\u202c \u2066eve\u2069 \u200feve",
    "template words": "{{ order.total }} {% debug %} %(number)s %s {0}",
    "a novel": "Eve " * 2500,
    "one long word": "E" * 10_000,
    "nul": "E\u0000ve",
    "half an emoji": "Eve \ud83d",
    "nothing at all": " \u200b\t ",
}
INVISIBLE = re.compile("[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f]")
OUR_TAGS = set("html head meta title style body table tbody tr td h1 h2 p a div span br".split())
OUR_LINKS = ("https://shop.test", "https://api.test/admin/")
LINK = re.compile(r"https?://[^\s\"<]+|www\.\w+|\w[.\u3002\uff0e\uff61]example|evil\.\w")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("  Ada \t Lovelace\n", "Ada Lovelace"),
        ("Ada\r\nBcc: x@y.example", "Ada Bcc: x@y. example"),
        ("https://evil.example", "https: //evil. example"),
        ("evil.\u200ecom", "evil. com"),
        ("Av. Bolívar 1, Edif. A/B, 2.5 km", "Av. Bolívar 1, Edif. A/B, 2.5 km"),
        ("J.R.R. Tolkien", "J. R. R. Tolkien"),
        ("\u202egnp.exe", "gnp. exe"),
        ("José Ñúñez, Σωκράτης, 李小龍, Adébáyọ̀", "José Ñúñez, Σωκράτης, 李小龍, Adébáyọ̀"),
    ],
)
def test_other_peoples_words_stay_words(typed, shown):
    assert said_by_user(typed, limit=60) == shown


def test_long_words_are_cut_at_the_limit():
    assert said_by_user("E" * 10_000, limit=10) == "EEEEEEEEE…"
    assert one_line("RX-78-2 Ver.Ka", limit=14) == "RX-78-2 Ver.Ka"


@pytest.fixture
def shop(settings):
    settings.STOREFRONT_URL = "https://shop.test"
    settings.SITE_URL = "https://api.test"


def stored(words):
    """As much of it as PostgreSQL takes."""
    return words.replace("\u0000", "").encode("utf-8", "ignore").decode()


@pytest.mark.django_db
@pytest.mark.parametrize("words", [pytest.param(words, id=name) for name, words in HOSTILE.items()])
def test_a_customer_with_hostile_words_gets_and_causes_harmless_mails(shop, words):
    place(StockItemFactory())
    Store.objects.update(email="sales@shop.test")
    Order.objects.update(shipping_address=dict.fromkeys(ADDRESS, stored(words)), note=stored(words), email="a@b.test")

    outbox.drain()

    assert len(mail.outbox) == 2
    for message, sent in zip(Message.objects.order_by("pk"), mail.outbox, strict=True):
        assert_harmless(message, sent)
        text = re.sub(r"https://(shop|api)\.test[^\s<]*|a@b\.test", "", message.text)
        assert LINK.search(text) is None


@pytest.mark.django_db
@pytest.mark.parametrize("words", [pytest.param(words, id=name) for name, words in HOSTILE.items()])
def test_hostile_words_of_the_catalogue_stay_in_their_line(shop, words):
    place(StockItemFactory())
    Store.objects.update(email="sales@shop.test", name=stored(words)[:120])
    OrderLine.objects.update(name=stored(words)[:200], options={stored(words): stored(words)})

    outbox.drain()

    assert len(mail.outbox) == 2
    for message, sent in zip(Message.objects.order_by("pk"), mail.outbox, strict=True):
        assert_harmless(message, sent)
        [line] = [line for line in message.text.splitlines() if line.startswith("  1 × ")]
        assert line.endswith("US$10.00")


def assert_harmless(message, sent):
    assert message.status == "sent"
    assert len(message.subject) <= 150
    assert len(message.text) < 3000
    assert INVISIBLE.search(message.subject + message.text) is None
    raw = message_from_bytes(sent.message().as_bytes(), policy=policy.default)
    assert raw["Bcc"] is None
    assert sent.recipients() == [message.recipient]
    assert set(re.findall(r"<(\w+)", message.html)) <= OUR_TAGS
    assert all(link.startswith(OUR_LINKS) for link in re.findall(r'href="([^"]*)"', message.html))


@pytest.mark.django_db
@pytest.mark.parametrize("words", [pytest.param(words, id=name) for name, words in HOSTILE.items()])
def test_hostile_words_in_a_subject_stay_one_short_line(words):
    message = services.queue_email(
        to="ada@example.test",
        template="staff_case",
        language="en",
        dedupe_key="case-1",
        context={"case": {"kind": words, "summary": "A summary", "admin_url": "https://api.test"}},
    )

    outbox.drain()

    [sent] = mail.outbox
    assert sent.subject == message.subject
    assert message.subject.startswith("A case needs you:")
    assert len(message.subject) <= 150
    assert len(sent.message().as_bytes().split(b"\nSubject: ")) == 2
