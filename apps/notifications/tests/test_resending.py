"""Staff have a message sent once more: the same words, once for each press, and to nobody who has said stop."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.urls import reverse

from apps.accounts.models import ERASED_HOST, Channel, Consent
from apps.accounts.tests.factories import UserFactory
from apps.common.tests.staff import boss_client, page_answers, press, staff_client
from apps.notifications import services
from apps.notifications.exceptions import NotSentAgain
from apps.notifications.models import ClosedNumber, Message, PhoneTemplateApproval
from apps.notifications.phone_templates import ORDER_SHIPPED
from apps.notifications.tests.conftest import ANA
from apps.orders.tests.factories import OrderFactory
from apps.outbox import services as outbox

pytestmark = pytest.mark.django_db
MAY = ["notifications.view_message", "notifications.change_message"]
LIST = reverse("admin:notifications_message_changelist")


def write(**changes):
    fields = {
        "recipient": "ana@example.test",
        "template": "order_placed",
        "language": "es",
        "dedupe_key": f"key-{Message.objects.count()}",
        "order_number": "ORD-1",
        "subject": "Recibimos tu pedido",
        "text": "Hola, Ana\n",
        "html": "<p>Hola, Ana</p>",
        "status": "sent",
        "sent_at": "2026-01-01T00:00:00Z",
    }
    return Message.objects.create(**fields | changes)


def to_phone(**changes):
    values = {"name": "Ana", "number": "ORD-7", "carrier": "MRW", "tracking": "123"}
    message = services.queue_to_phone(
        **{"to": ANA, "template": ORDER_SHIPPED, "language": "en", "values": values, "dedupe_key": "shipped"} | changes
    )
    outbox.drain()
    Message.objects.update(status="sent")
    return message


def button(message):
    return reverse("admin:notifications_message_button", args=[message.pk, "resend"])


def resend(message, key="press-1"):
    return services.resend(message_id=message.pk, actor="staff:1", key=key)


def test_the_same_words_go_to_the_same_recipient_once_for_each_press():
    first, client = write(), staff_client(*MAY)
    answers = page_answers(client, button(first))

    for _ in range(2):  # a double click
        client.post(button(first), answers)
    outbox.drain()
    press(client, button(Message.objects.latest("pk")))  # the repetition of a repetition
    outbox.drain()

    [one, other] = mail.outbox
    assert (one.to, one.subject, one.body) == (["ana@example.test"], "Recibimos tu pedido", "Hola, Ana\n")
    assert one.extra_headers["Message-ID"] != other.extra_headers["Message-ID"]
    again = Message.objects.exclude(pk=first.pk)
    assert {(row.resent_of, row.resent_by, row.status) for row in again} == {(first, f"staff:{client.user.pk}", "sent")}
    assert LogEntry.objects.filter(user=client.user, object_id=str(first.pk)).count() == 1


def test_two_who_press_while_it_waits_make_one():
    first = write()

    assert resend(first) == resend(first)
    with pytest.raises(NotSentAgain, match="still waits"):
        resend(first, key="press-2")

    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "queued", "sent_at": None}, "still waits"),
        ({"template": "reset_password"}, "has to ask for a new one"),
        ({"template": "verify_email"}, "has to ask for a new one"),
        ({"template": "data_export"}, "has to ask for a new one"),
        ({"template": "step_up_code", "step_up_number": 1}, "has to ask for a new one"),
        ({"text": "", "html": ""}, "was erased"),
        ({"recipient": f"erased@{ERASED_HOST}"}, "was erased"),
        ({"channel": "whatsapp", "recipient": ANA}, "settings for this channel are empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_staff_read_why_a_message_is_not_sent_again(changes, reason):
    message = write(**changes)

    page = press(staff_client(*MAY), button(message)).content.decode()

    assert reason in page
    assert Message.objects.count() == 1


def test_marketing_whose_consent_was_taken_back_is_not_sent_again():
    consent = Consent.objects.create(
        user=UserFactory(), kind="reviews", withdrawn_at="2026-01-01T00:00:00Z", withdrawn_by="unsubscribe_link"
    )
    message = write(template="review_invitation", consent=consent)

    with pytest.raises(NotSentAgain, match="taken back the consent"):
        resend(message)


def test_marketing_waits_for_the_morning_again(settings):
    settings.MARKETING_QUIET_HOURS = tuple(
        map(type(settings.MARKETING_QUIET_HOURS[0]).fromisoformat, ("00:00", "23:59"))
    )
    consent = Consent.objects.create(user=UserFactory(), kind="reviews")

    assert resend(write(template="review_invitation", consent=consent)).held_until is not None


def test_a_phone_gets_the_template_as_it_is_approved_today(phones):
    message = to_phone()
    PhoneTemplateApproval.objects.filter(name=ORDER_SHIPPED.name).update(status="paused")
    with pytest.raises(NotSentAgain, match="Meta"):
        resend(message)
    PhoneTemplateApproval.objects.filter(name=ORDER_SHIPPED.name).update(status="approved")

    resend(message)
    outbox.drain()

    assert [one["body"] for one in phones.heard] == [message.text] * 2


def test_a_phone_that_has_said_stop_is_left_alone(phones):
    message = to_phone()
    ClosedNumber.objects.create(channel="whatsapp", recipient=ANA, error_code="STOP")

    with pytest.raises(NotSentAgain, match="said stop"):
        resend(message)


def test_a_customer_who_took_the_phone_out_of_his_preferences_is_left_alone(phones):
    person = UserFactory(phone=ANA, channels=[Channel.EMAIL, Channel.WHATSAPP])
    message = to_phone(order_number=OrderFactory(customer=person, number="ORD-7").number)
    resend(message)
    outbox.drain()
    Message.objects.update(status="sent")
    person.channels = [Channel.EMAIL]
    person.save()

    with pytest.raises(NotSentAgain, match="does not want to be told"):
        resend(message, key="press-2")


def test_whoever_may_only_look_has_no_button():
    message, client = write(), staff_client("notifications.view_message")

    assert (
        button(message)
        not in client.get(reverse("admin:notifications_message_change", args=[message.pk])).content.decode()
    )
    assert client.post(button(message)).status_code == 403
    assert Message.objects.count() == 1


def test_the_list_is_filtered_by_all_that_one_looks_for_and_hides_most_of_the_addresses():
    write(
        recipient="bob@example.test",
        template="welcome",
        order_number="",
        status="failed",
        error="550",
        failed_at="2026-01-01T00:00:00Z",
    )
    ana, client = write(), boss_client()
    looked_for = {
        "status__exact": "sent",
        "channel__exact": "email",
        "template": "order_placed",
        "recipient__icontains": "ana@",
        "order_number__icontains": "ORD-1",
    }

    for name, value in looked_for.items():
        page = client.get(LIST, {name: value})
        expected = 2 if name == "channel__exact" else 1
        assert len(page.context["cl"].result_list) == expected, name
        assert ana in page.context["cl"].result_list
    assert "a•••@example.test" in page.content.decode()
    assert "ana@example.test" not in page.content.decode()


def test_a_hundred_messages_cost_as_many_queries_as_one(django_assert_max_num_queries):
    client = boss_client()
    Message.objects.bulk_create(
        Message(recipient="a@b.test", template="welcome", language="en", dedupe_key=str(n)) for n in range(100)
    )

    with django_assert_max_num_queries(7):
        assert client.get(LIST).status_code == 200


def test_the_orders_page_tells_how_far_each_message_came_and_why_not():
    order = OrderFactory()
    write(
        order_number=order.number,
        channel="whatsapp",
        recipient=ANA,
        text="En camino <b>",
        delivered_at="2026-01-01T00:00:01Z",
    )
    write(
        order_number=order.number,
        status="failed",
        error_code="550",
        error="550 5.1.1",
        failed_at="2026-01-01T00:00:02Z",
    )

    page = boss_client().get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()

    assert "+58•••67 · es" in page
    assert "a•••@example.test · es" in page
    assert "The mailbox does not exist" in page
    assert "En camino &lt;b&gt;" in page
    assert "→ delivered 31 Dec, 20:00:01" in page  # where the shop is
    assert page.count("Send again…") == 2


def test_a_report_leaves_its_time(phones):
    message = to_phone()
    for status in ("delivered", "read"):
        phones.become(message, status)
    phones.report_all(message, reverse=True)

    message.refresh_from_db()
    assert message.status == "read"
    assert None not in (message.sent_at, message.delivered_at, message.read_at)
    assert message.failed_at is None
