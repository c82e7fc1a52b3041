"""A code reaches its person by the way that was asked for, and stands nowhere on the way."""

import pytest
from django.core import mail
from django.utils import timezone

from apps.accounts import services as account_services
from apps.accounts.models import StepUp
from apps.accounts.tests.factories import UserFactory
from apps.accounts.tests.signing_in import client_with, sign_in
from apps.notifications import services
from apps.notifications.models import ClosedNumber, Fallback, Message
from apps.notifications.phone_templates import ACCOUNT_CODE
from apps.notifications.tests.conftest import ANA
from apps.outbox import services as outbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return UserFactory(email="ana@example.test", language="en", phone=ANA, phone_for_codes=ANA)


def ask(user, channel):
    """The code that was asked for and sent."""
    body = {"purpose": "change_password", "channel": channel}
    answer = client_with(sign_in(user).access).post("/api/v1/auth/otp/", body, format="json")
    assert answer.status_code == 202, answer.json()
    code = account_services.code_to_send(StepUp.objects.latest("pk"))
    outbox.drain()
    return code


def stored():
    rows = [*Message.objects.values(), *Fallback.objects.values()]
    return "".join(str(value) for row in rows for value in row.values())


def mailed():
    return [one.to for one in mail.outbox if one.subject == "Your code"]


def test_a_code_comes_by_whatsapp_in_metas_words_and_is_kept_nowhere(phones, ana):
    code = ask(ana, "whatsapp")

    [heard] = phones.heard
    words = f"*{code}* is your verification code. For your security, do not share this code."
    assert (heard["to"], heard["body"]) == (f"whatsapp:{ANA}", words)
    assert mailed() == []
    assert code not in stored()


def test_a_code_by_mail_is_kept_nowhere_either(ana):
    code = ask(ana, "email")

    [sent] = [one for one in mail.outbox if one.subject == "Your code"]
    assert (code in sent.body, code in sent.alternatives[0][0]) == (True, True)
    assert code not in stored()


def test_what_whatsapp_refuses_is_mailed(phones, ana):
    phones.switch(refuse={ANA: 63032})

    code = ask(ana, "whatsapp")

    [sent] = [one for one in mail.outbox if one.subject == "Your code"]
    assert (sent.to, code in sent.body) == ([ana.email], True)
    assert code not in stored()


def test_what_whatsapp_does_not_deliver_is_mailed(phones, ana):
    ask(ana, "whatsapp")

    phones.become(Message.objects.get(template=ACCOUNT_CODE.name), "failed", 63024)
    phones.report_all(Message.objects.get(template=ACCOUNT_CODE.name))
    outbox.drain()

    assert mailed() == [[ana.email]]


def test_a_number_that_said_stop_is_not_tried(phones, ana):
    ClosedNumber.objects.create(channel="whatsapp", recipient=ANA, error_code="21610")

    ask(ana, "whatsapp")

    assert (phones.heard, mailed()) == ([], [[ana.email]])


def test_a_code_that_is_over_when_its_turn_comes_is_not_sent(phones, ana):
    phones.sandbox.next("twilio", "error_500", method="POST", path="/2010-04-01")
    ask(ana, "whatsapp")
    StepUp.objects.update(code_expires_at=timezone.now())

    services.send_message(message_id=Message.objects.get(template=ACCOUNT_CODE.name).pk)
    outbox.drain()

    assert (phones.heard, mailed()) == ([], [])
    codes = Message.objects.filter(step_up_number__isnull=False)
    assert {(one.status, one.error) for one in codes} == {("failed", "The code opens nothing any more.")}
