"""What Twilio reports moves a message forward, if it is genuine, and nothing moves it back."""

from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core import mail
from django.db.models.functions import Now

from apps.common import audit
from apps.notifications import services
from apps.notifications.exceptions import OutcomeUnknown
from apps.notifications.models import ClosedNumber, Message
from apps.notifications.providers import get_twilio
from apps.notifications.services.sending import report_url
from apps.notifications.tests.conftest import ANA, state
from apps.notifications.tests.test_phone_sending import MESSAGES, queue, send
from apps.outbox import services as outbox

pytestmark = pytest.mark.django_db
PATH = "/api/v1/notifications/webhooks/twilio/"


@pytest.fixture
def message(phones):
    message = queue()
    outbox.drain()
    return Message.objects.get(pk=message.pk)


def age(message):
    Message.objects.filter(pk=message.pk).update(updated_at=Now() - timedelta(minutes=11))


def test_verifies_as_twilio_documents_it(phones, settings):
    settings.TWILIO_AUTH_TOKEN = "12345"
    params = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "whatsapp:+584121234567"}
    url = "https://shop.example.com/webhooks/twilio/status"

    report = get_twilio().read_report(url=url, params=params, signature="2XcjdkjDbrc9j9+redtRs8U17JQ=")

    assert (report.provider_id, report.progress) == ("SM1", "delivered")


def test_a_message_is_followed_until_it_is_read(phones, message):
    seen = []
    for status in ("sent", "delivered", "read"):
        phones.become(message, status)
        assert set(phones.report_all(message)) == {204}
        seen.append(state(message)[0])

    assert seen == ["sent", "delivered", "read"]
    assert message.sent_at is not None
    assert list(audit.run()) == []


def test_reports_in_the_wrong_order_and_twice_never_go_back(phones, message):
    for status in ("sent", "delivered", "read"):
        phones.become(message, status)

    phones.report_all(message, reverse=True)
    first = Message.objects.values().get()
    phones.report_all(message)

    assert first["status"] == "read"
    assert Message.objects.values().get() == first


def test_a_failure_is_told_by_mail_once_however_often_it_is_reported(phones, message):
    phones.become(message, "undelivered", 63024)

    phones.report_all(message)
    phones.report_all(message)
    outbox.drain()

    assert state(message) == ("failed", "63024")
    assert [one.to for one in mail.outbox] == [["ana@example.test"]]
    assert ClosedNumber.objects.get().recipient == ANA


def test_a_late_failure_of_what_was_delivered_changes_nothing(phones, message):
    phones.become(message, "delivered")
    phones.report_all(message)
    phones.become(message, "failed", 63049)
    phones.report_all(message)
    outbox.drain()

    assert state(message) == ("delivered", "")
    assert mail.outbox == []


def test_a_report_that_is_faster_than_the_answer_names_the_message(phones):
    phones.sandbox.next("twilio", "reset_after_recording", method="POST", path=MESSAGES)
    message = queue()
    with pytest.raises(OutcomeUnknown):
        send(message)
    sid = phones.heard[0]["sid"]
    phones.sandbox.control("POST", f"/twilio/messages/{sid}/status", {"status": "sent"})

    phones.report_all(message)
    send(message)

    message.refresh_from_db()
    assert (message.status, message.provider_id) == ("sent", sid)
    assert len(phones.heard) == 1


@pytest.mark.parametrize("forged", ["", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="])
def test_a_forged_report_changes_nothing(phones, message, forged):
    phones.become(message, "read")
    [hook] = phones.sandbox.webhooks

    answer = phones.report(hook, message, **{"X-Twilio-Signature": forged})

    assert (answer.status_code, answer.json()["code"]) == (400, "webhook-not-genuine")
    assert state(message)[0] == "queued"


def test_a_genuine_signature_for_another_message_or_address_is_worth_nothing(phones, message, settings):
    phones.become(message, "read")
    [hook] = phones.sandbox.webhooks
    other = SimpleNamespace(headers=hook.headers, body=hook.body.replace(b"=read", b"=failed"))

    assert phones.report(other, message).status_code == 400
    settings.SITE_URL = "https://elsewhere.example"
    assert phones.report(hook, message).status_code == 400
    assert state(message)[0] == "queued"


def test_reports_of_messages_that_are_not_ours_are_acknowledged(phones, message):
    phones.become(message, "read")
    [hook] = phones.sandbox.webhooks
    Message.objects.all().update(provider_id="SM" + "0" * 32, public_id=uuid4())

    assert phones.report(hook, message).status_code == 204
    assert Message.objects.get().status == "queued"


def test_without_an_account_nothing_is_genuine(client, db):
    assert client.post(PATH).status_code == 400
    assert client.get(PATH).status_code == 405
    body = urlencode({"MessageSid": "x" * 70_000})
    assert client.post(PATH, data=body, content_type="application/x-www-form-urlencoded").status_code == 413


def test_lost_reports_are_made_up_for_by_asking(phones, message):
    phones.become(message, "delivered")
    assert services.ask_about_stale_messages() == 0

    age(message)
    assert services.ask_about_stale_messages() == 1

    assert state(message)[0] == "delivered"
    age(message)
    assert services.ask_about_stale_messages() == 0


def test_a_failure_found_by_asking_is_mailed(phones, message):
    phones.become(message, "failed", 63016)
    age(message)

    services.ask_about_stale_messages()
    outbox.drain()

    assert state(message) == ("failed", "63016")
    assert len(mail.outbox) == 1


def test_a_twilio_that_is_away_is_asked_later(phones, message):
    phones.sandbox.next("twilio", "error_500", method="GET")
    age(message)

    services.ask_about_stale_messages()

    assert state(message)[0] == "queued"


def test_the_address_for_reports_is_the_one_the_world_sees(message):
    assert report_url(message) == f"https://api.shop.example{PATH}?message={message.public_id}"
