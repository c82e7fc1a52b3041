"""A message to a phone is sent once, or its mail is, whatever Twilio does."""

import pytest
from django.core import mail
from django.core.exceptions import ValidationError

from apps.common import audit
from apps.notifications import services
from apps.notifications.exceptions import OutcomeUnknown, TryLater
from apps.notifications.models import Channel, ClosedNumber, Message, PhoneTemplateApproval
from apps.notifications.phone_templates import ORDER_SHIPPED, TEST
from apps.notifications.services.sending import PATIENCE_TRIES
from apps.notifications.tests.conftest import ANA, state
from apps.outbox import services as outbox
from apps.outbox.models import Delivery

pytestmark = pytest.mark.django_db
MAIL = services.Mail(to="ana@example.test", template="welcome", context={"name": "Ana"})
VALUES = {"name": "Ana", "number": "ORD-7", "carrier": "MRW", "tracking": "123"}
MESSAGES = "/2010-04-01"


def queue(**changes):
    fields = {"to": ANA, "template": ORDER_SHIPPED, "language": "en", "values": VALUES, "dedupe_key": "shipped-1"}
    return services.queue_to_phone(**{**fields, "fallback": MAIL, **changes})


def send(message):
    services.send_message(message_id=message.pk)


def again():
    Delivery.objects.update(due_at="2020-01-01T00:00:00Z")
    outbox.drain()


def mailed():
    return [one.to for one in mail.outbox]


def test_twilio_gets_an_approved_template_with_its_variables(phones):
    message = queue()

    outbox.drain()

    [heard] = phones.heard
    assert (heard["to"], heard["from"], heard["body"]) == (f"whatsapp:{ANA}", "whatsapp:+14155238886", message.text)
    assert (
        message.text
        == "Hello Ana, your order ORD-7 is on its way with MRW. Tracking number: 123. Thank you for buying."
    )
    message.refresh_from_db()
    assert (message.status, message.provider_id, message.tries) == ("queued", heard["sid"], 1)
    assert list(audit.run()) == []


def test_what_was_taken_is_not_sent_again(phones):
    message = queue()
    send(message)

    send(message)
    outbox.drain()

    assert len(phones.heard) == 1


def test_the_same_thing_is_told_once(phones):
    assert queue() is not None

    assert queue() is None
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    "kind", ["reset_after_recording", "hang_after_recording", "error_500_after_recording", "malformed_json"]
)
def test_a_lost_answer_is_looked_for_before_it_is_sent_again(phones, kind):
    phones.sandbox.next("twilio", kind, method="POST", path=MESSAGES, seconds=3)
    message = queue()
    with pytest.raises(OutcomeUnknown):
        send(message)

    send(message)

    message.refresh_from_db()
    assert [one["sid"] for one in phones.heard] == [message.provider_id]
    assert message.unanswered_since is None


def test_two_equal_messages_are_not_taken_for_one_another(phones):
    first = queue()
    send(first)
    phones.sandbox.next("twilio", "reset", method="POST", path=MESSAGES)
    second = queue(dedupe_key="shipped-2")
    with pytest.raises(OutcomeUnknown):
        send(second)

    send(second)

    second.refresh_from_db()
    assert len(phones.heard) == 2
    assert second.provider_id == phones.heard[1]["sid"]


@pytest.mark.parametrize(("kind", "error"), [("rate_limit_429", TryLater), ("error_500", OutcomeUnknown)])
def test_who_is_busy_is_asked_again(phones, kind, error):
    phones.sandbox.next("twilio", kind, method="POST", path=MESSAGES)
    message = queue()
    with pytest.raises(error):
        send(message)
    assert state(message) == ("queued", "")

    again()

    assert len(phones.heard) == 1


def test_a_twilio_that_stays_away_leaves_it_to_the_mail(phones):
    phones.sandbox.next("twilio", "rate_limit_429", method="POST", path=MESSAGES, times=None)
    message = queue()

    for _ in range(PATIENCE_TRIES):
        again()
    outbox.drain()

    assert state(message)[0] == "failed"
    assert mailed() == [["ana@example.test"]]


def test_without_a_mail_to_fall_back_on_it_is_tried_for_longer(phones):
    phones.sandbox.next("twilio", "rate_limit_429", method="POST", path=MESSAGES, times=PATIENCE_TRIES)
    message = queue(fallback=None)

    for _ in range(PATIENCE_TRIES + 1):
        again()

    assert state(message)[0] == "queued"
    assert len(phones.heard) == 1


@pytest.mark.parametrize("code", [63005, 63032, 63049, 21408, 21606, 21655, 20003])
def test_what_is_refused_goes_by_mail(phones, code):
    phones.switch(refuse={ANA: code})
    message = queue()

    outbox.drain()

    assert state(message) == ("failed", str(code))
    assert mailed() == [["ana@example.test"]]
    assert services.reaches_phone(ANA, ORDER_SHIPPED, "en")
    assert list(audit.run()) == []


@pytest.mark.parametrize("code", [21211, 21610, 63003, 63014, 63024])
def test_whom_it_cannot_reach_or_who_said_stop_is_left_alone_from_then_on(phones, code):
    phones.switch(refuse={ANA: code})
    queue()

    outbox.drain()

    assert mailed() == [["ana@example.test"]]
    assert ClosedNumber.objects.get().recipient == ANA
    assert not services.reaches_phone(ANA, ORDER_SHIPPED, "en")
    assert services.reaches_phone(ANA, ORDER_SHIPPED, "en", channel=Channel.SMS)


def test_a_message_without_a_mail_fails_with_its_reason(phones):
    phones.switch(refuse={ANA: 21610})
    message = queue(fallback=None)

    outbox.drain()

    assert state(message) == ("failed", "21610")
    assert message.error == "21610 Unable to create record: Attempt to send to unsubscribed recipient"
    assert Message.objects.count() == 1


def test_sms_goes_by_the_same_account_in_plain_words(phones):
    message = queue(channel=Channel.SMS)

    outbox.drain()

    [heard] = phones.heard
    assert (heard["to"], heard["from"], heard["body"]) == (ANA, "+14155238886", message.text)


def test_a_shop_whose_settings_were_emptied_mails(phones, settings):
    message = queue()
    settings.TWILIO_ACCOUNT_SID = ""

    outbox.drain()

    assert state(message)[0] == "failed"
    assert mailed() == [["ana@example.test"]]
    assert not services.reaches_phone(ANA, ORDER_SHIPPED, "en")


def test_a_template_that_meta_has_not_approved_cannot_be_tried(phones):
    PhoneTemplateApproval.objects.filter(name=TEST.name).update(status="paused")

    assert not services.reaches_phone(ANA, TEST, "en")
    assert not services.reaches_phone(ANA, ORDER_SHIPPED, "pt")
    assert services.reaches_phone(ANA, ORDER_SHIPPED, "en")


@pytest.mark.parametrize("number", ["", "04121234567", "+0412", "whatsapp:+584121234567", f"{ANA}\n", f"{ANA},{ANA}"])
def test_what_is_no_number_is_not_written_to(phones, number):
    assert not services.reaches_phone(number, ORDER_SHIPPED, "en")
    with pytest.raises(ValidationError):
        queue(to=number)

    assert not Message.objects.exists()
