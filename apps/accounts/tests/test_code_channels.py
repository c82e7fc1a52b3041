"""Which telephone may receive codes: one that the person has named at registration, or since with a fresh code."""

import pytest
from django.core import mail

from apps.accounts import services
from apps.accounts.models import SecurityAttempt, StepUp, User
from apps.accounts.tests.factories import PASSWORD, UserFactory
from apps.accounts.tests.signing_in import client_with, outcome, post, sign_in, step_up
from apps.outbox import services as outbox

pytestmark = pytest.mark.django_db

OLD, NEW = "+584121234567", "+584149876543"
BY_MAIL = {"channel": "email", "sent_to": "a•••@example.test"}


@pytest.fixture(autouse=True)
def shop_with_whatsapp(settings):
    settings.TWILIO_WHATSAPP_FROM = "+14155238886"


@pytest.fixture
def ada():
    return UserFactory(email="ada@example.test", first_name="Ada", language="en", phone=OLD, phone_for_codes=OLD)


def ask(tokens, channel="whatsapp"):
    body = {"purpose": "change_password", "channel": channel}
    return client_with(tokens.access).post("/api/v1/auth/otp/", body, format="json")


def change(client, **profile):
    return client.patch("/api/v1/me/", profile, format="json")


def channels(tokens):
    return client_with(tokens.access).get("/api/v1/me/").json()["code_channels"]


def test_a_phone_of_the_registration_receives_codes():
    post("register", email="ada@example.test", password="a-long-one-17", phone="0412 123 45 67")
    User.objects.update(is_active=True)
    here = sign_in(User.objects.get())

    assert channels(here) == [BY_MAIL, {"channel": "whatsapp", "sent_to": "+58•••67"}]
    answer = ask(here)
    assert (answer.status_code, answer.json()["channel"], answer.json()["sent_to"]) == (202, "whatsapp", "+58•••67")


@pytest.mark.parametrize("phone", ["", NEW], ids=["none", "one of staff's writing"])
def test_to_no_other_phone_a_code_goes(ada, phone):
    services.update_profile(user=ada, phone=phone)
    here = sign_in(ada)

    refused = ask(here)

    assert outcome(refused) == (400, "channel-not-available")
    assert refused.json()["channels"] == channels(here) == [BY_MAIL]
    assert not StepUp.objects.exists()
    assert ask(here, "email").status_code == 202


def test_a_shop_without_whatsapp_offers_mail_only(ada, settings):
    settings.TWILIO_WHATSAPP_FROM = ""
    here = sign_in(ada)

    assert (outcome(ask(here)), channels(here)) == ((400, "channel-not-available"), [BY_MAIL])


def test_a_stolen_token_has_no_codes_sent_elsewhere(ada):
    here = sign_in(ada)

    refused = change(client_with(here.access), phone=NEW, first_name="Eve")

    assert (outcome(refused), refused.json()["purpose"]) == ((403, "step-up-required"), "change_phone")
    assert outcome(change(step_up(ada, here, "change_password"), phone=NEW)) == (403, "step-up-required")
    ada.refresh_from_db()
    assert (ada.phone, ada.phone_for_codes, ada.first_name) == (OLD, OLD, "Ada")


def test_with_a_fresh_code_the_phone_changes_and_the_person_is_told(ada):
    here = sign_in(ada)

    changed = change(step_up(ada, here, "change_phone"), phone=NEW)
    outbox.drain()

    assert (changed.status_code, changed.json()["phone"]) == (200, NEW)
    assert channels(here)[1] == {"channel": "whatsapp", "sent_to": "+58•••43"}
    [told] = [one for one in mail.outbox if one.subject == "Your phone number has changed"]
    assert (told.to, "+58•••43" in told.body) == ([ada.email], True)


def test_the_same_phone_and_none_at_all_want_no_code(ada):
    here = client_with(sign_in(ada).access)

    assert change(here, phone="0412-1234567", first_name="Eva").status_code == 200
    assert change(here, phone="").status_code == 200
    assert change(here, phone=OLD).status_code == 200  # it is still the one that he named himself
    assert outcome(change(here, phone=NEW)) == (403, "step-up-required")


def test_a_phone_that_staff_wrote_becomes_his_own_by_a_fresh_code(ada):
    services.update_profile(user=ada, phone=NEW)
    here = sign_in(ada)

    assert change(client_with(here.access), phone=NEW).status_code == 200  # a form that sends all that it shows
    assert channels(here) == [BY_MAIL]

    assert change(step_up(ada, here, "change_phone"), phone=NEW).status_code == 200
    assert len(channels(here)) == 2


def test_a_number_gets_five_codes_an_hour_whoever_asks(ada):
    twin = UserFactory(phone=OLD, phone_for_codes=OLD)
    first, second = sign_in(ada), sign_in(twin)

    answers = [ask(who).status_code for who in (first, second, first, second, first, second)]

    assert answers == [202] * 5 + [429]
    assert ask(second, "email").status_code == 202
    assert SecurityAttempt.objects.filter(reason="too-many-attempts").count() == 1


def test_a_code_from_the_phone_opens_what_it_was_asked_for(ada):
    here = sign_in(ada)
    ask(here)
    client = client_with(here.access)
    code = services.code_to_send(StepUp.objects.get())
    leave = client.post("/api/v1/auth/otp/verify/", {"code": code}, format="json").json()
    client.credentials(HTTP_X_STEP_UP_TOKEN=leave["step_up_token"])

    body = {"current_password": PASSWORD, "new_password": "another-long-one-8"}
    assert client.post("/api/v1/auth/change-password/", body, format="json").status_code == 200
