import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.notifications import tasks
from apps.notifications.models import ClosedNumber, Message, PhoneTemplateApproval
from apps.notifications.phone_templates import TEMPLATES
from apps.notifications.tests.conftest import ANA
from apps.notifications.tests.test_phone_sending import MESSAGES

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("way", [[], ["--sms"]])
def test_a_test_message_is_sent_and_its_name_told(phones, way):
    said = run("test_whatsapp", ANA, *way)

    [heard] = phones.heard
    assert heard["body"] == "A test from api.shop.example: messages by WhatsApp arrive."
    assert heard["sid"] in said


@pytest.mark.parametrize("number", ["0412", "+0", "whatsapp:+584121234567"])
def test_what_is_no_number_is_refused_in_words(phones, number):
    with pytest.raises(CommandError, match="This is no number of VE"):
        run("test_whatsapp", number)

    assert phones.heard == []


def test_a_closed_number_is_not_tried(phones):
    ClosedNumber.objects.create(channel="whatsapp", recipient=ANA, error_code="21610")

    with pytest.raises(CommandError, match="said stop"):
        run("test_whatsapp", ANA)


def test_a_refusal_is_shown(phones):
    phones.switch(refuse={ANA: 21408})

    with pytest.raises(CommandError, match="Twilio refused: 21408"):
        run("test_whatsapp", ANA)


def test_a_twilio_that_does_not_answer_is_told(phones):
    phones.sandbox.next("twilio", "error_500", method="POST", path=MESSAGES)

    with pytest.raises(CommandError, match="has not answered"):
        run("test_whatsapp", ANA)


def test_missing_templates_are_made_once_and_their_approval_is_followed(phones):
    PhoneTemplateApproval.objects.all().delete()
    assert "none of ours yet" in run("whatsapp_templates")

    found = json.loads(run("whatsapp_templates", "--create", "--json"))
    again = json.loads(run("whatsapp_templates", "--create", "--json"))

    assert found == again
    assert {(one["name"], one["language"], one["status"]) for one in found} == {
        (name, language, "approved") for name in TEMPLATES for language in ("es", "en", "pt")
    }


def test_a_rejection_is_told_with_its_reason(phones):
    row = PhoneTemplateApproval.objects.get(name="shop_test")
    path = f"/twilio/contents/{row.content_sid}/judge"
    phones.sandbox.control("POST", path, {"status": "rejected", "reason": "Promotional"})

    assert "rejected Promotional" in run("whatsapp_templates")
    row.refresh_from_db()
    assert row.status == "rejected"


def test_a_shop_without_an_account_is_told_so():
    with pytest.raises(CommandError, match="TWILIO_ACCOUNT_SID"):
        run("whatsapp_templates")
    tasks.refresh_templates()

    assert not Message.objects.exists()


def test_beat_hears_of_approvals_and_makes_none_unless_told(phones, settings):
    PhoneTemplateApproval.objects.exclude(name="shop_test").delete()
    PhoneTemplateApproval.objects.update(status="received")

    tasks.refresh_templates()

    assert [(one.name, one.status) for one in PhoneTemplateApproval.objects.all()] == [("shop_test", "approved")]


def test_a_twilio_that_is_not_up_yet_is_asked_again(phones):
    PhoneTemplateApproval.objects.update(status="received")
    phones.sandbox.next("twilio", "error_500", path="/v1/Content", times=2)

    tasks.refresh_templates.apply()

    assert set(PhoneTemplateApproval.objects.values_list("status", flat=True)) == {"approved"}
