"""A code before what cannot be taken back: who gets it, what it opens, and for how long."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from apps.accounts import services
from apps.accounts.api.permissions import IsSteppedUp
from apps.accounts.exceptions import CodeExpired, CodeWrong, TooManyAttempts
from apps.accounts.models import SecurityAttempt, StepUp
from apps.accounts.tests.factories import PASSWORD, UserFactory
from apps.accounts.tests.signing_in import LAPTOP, client_with, outcome, sign_in, step_up
from apps.common.limits import in_postgres
from apps.notifications.models import Message
from apps.outbox import services as outbox
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db

PURPOSE = "change_password"


@pytest.fixture
def ada():
    return UserFactory(email="ada@example.test", first_name="Ada", language="en")


@pytest.fixture
def here(ada):
    return sign_in(ada)


def ask(tokens, purpose=PURPOSE):
    return client_with(tokens.access).post("/api/v1/auth/otp/", {"purpose": purpose}, format="json")


def bring(tokens, code):
    return client_with(tokens.access).post("/api/v1/auth/otp/verify/", {"code": code}, format="json")


def the_code():
    return services.code_to_send(StepUp.objects.latest("pk"))


def wrong(code, by=1):
    return f"{(int(code) + by) % 1_000_000:06}"


def use(client):
    """Something that wants the code; that the password is wrong shows that the door was open."""
    body = {"current_password": "not-it", "new_password": "another-long-one-8"}
    return outcome(client.post("/api/v1/auth/change-password/", body, format="json"))


OPEN, SHUT = (400, "current-password-wrong"), (403, "step-up-required")


def test_a_code_comes_by_mail_and_opens_what_it_was_asked_for(ada, here):
    answer = ask(here)
    outbox.drain()
    [sent] = mail.outbox
    code = the_code()

    assert answer.status_code == 202
    assert (answer.json()["channel"], answer.json()["sent_to"]) == ("email", "a•••@example.test")
    assert sent.to == [ada.email]
    assert (code in sent.body, code in sent.alternatives[0][0], code in sent.subject) == (True, True, False)

    leave = bring(here, code)
    client = client_with(here.access)
    client.credentials(HTTP_X_STEP_UP_TOKEN=leave.json()["step_up_token"])
    assert (leave.json()["purpose"], use(client)) == (PURPOSE, OPEN)
    assert list(SecurityAttempt.objects.filter(kind="step_up").values_list("is_success", "user")) == [(True, ada.pk)]


def test_the_refusal_says_what_to_do(here):
    body = {"current_password": PASSWORD, "new_password": "another-long-one-8"}
    refused = client_with(here.access).post("/api/v1/auth/change-password/", body, format="json")

    assert outcome(refused) == SHUT
    assert (refused.json()["purpose"], "auth/otp/" in refused.json()["detail"]) == (PURPOSE, True)


def test_no_code_is_kept_and_each_differs(here):
    codes = set()
    for _ in range(5):
        ask(here)
        codes.add(the_code())

    assert len(codes) > 1
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    stored = {str(value) for row in StepUp.objects.values() for value in row.values()}
    assert not stored & codes


def test_a_code_works_once(here):
    ask(here)
    code = the_code()

    assert bring(here, code).status_code == 200
    assert outcome(bring(here, code)) == (400, "code-expired")


def test_the_fifth_wrong_guess_is_the_last(here):
    ask(here)
    code = the_code()

    answers = [bring(here, wrong(code, n)) for n in range(1, 6)]

    assert [answer.json()["tries_left"] for answer in answers] == [4, 3, 2, 1, 0]
    assert outcome(bring(here, code)) == (400, "code-expired")


def test_a_newer_code_puts_the_older_out(here):
    ask(here)
    older = the_code()
    ask(here, "erase_account")

    assert outcome(bring(here, older)) == (400, "code-wrong")


def test_a_code_is_good_for_ten_minutes_and_so_is_what_it_opens(ada, here):
    ask(here)
    sent = StepUp.objects.get()
    assert timedelta(minutes=9) < sent.code_expires_at - timezone.now() <= timedelta(minutes=10)
    StepUp.objects.update(code_expires_at=timezone.now())
    assert services.code_to_send(StepUp.objects.get()) is None
    assert outcome(bring(here, "000000")) == (400, "code-expired")

    client = step_up(ada, here, PURPOSE)
    leave = StepUp.objects.latest("pk")
    assert timedelta(minutes=9) < leave.leave_expires_at - timezone.now() <= timedelta(minutes=10)
    StepUp.objects.filter(pk=leave.pk).update(leave_expires_at=timezone.now())
    assert use(client) == SHUT


def test_it_opens_nothing_else_and_nobody_elses_door(ada, here):
    for_another_thing = step_up(ada, here, "erase_account")
    assert use(for_another_thing) == SHUT

    token = step_up(ada, here, PURPOSE)._credentials
    eva = client_with(sign_in(UserFactory()).access)
    laptop = client_with(sign_in(ada, LAPTOP).access)
    for other in (eva, laptop):
        other.credentials(**token)
        assert use(other) == SHUT


def test_a_code_is_typed_in_the_session_that_asked_for_it(ada, here):
    there = sign_in(ada, LAPTOP)
    ask(here)
    code = the_code()

    assert outcome(bring(there, code)) == (400, "code-expired")
    assert bring(here, code).status_code == 200


def test_a_new_password_ends_codes_and_what_they_opened(ada, here):
    client = step_up(ada, here, PURPOSE)
    body = {"current_password": PASSWORD, "new_password": "another-long-one-8"}
    assert client.post("/api/v1/auth/change-password/", body, format="json").status_code == 200

    assert use(client) == SHUT


@pytest.mark.parametrize("end", ["logout", "lock"])
def test_nothing_stays_open_when_the_session_is_over(ada, here, end):
    client = step_up(ada, here, PURPOSE)
    token = client._credentials["HTTP_X_STEP_UP_TOKEN"]
    session = StepUp.objects.get().session

    if end == "logout":
        services.close_session(refresh=here.refresh)
    else:
        services.lock_user(user=ada)

    assert use(client) == (401, "session-ended")
    with pytest.raises(Exception, match="auth/otp/"):
        services.check_leave(token=token, user=ada, session_id=session.public_id, purpose=PURPOSE)


@pytest.mark.parametrize("token", ["", "x", "a.b", "0" * 32 + ".x", "é" * 40])
def test_what_was_never_given_opens_nothing(here, token):
    client = client_with(here.access)
    client.credentials(**{f"HTTP_{IsSteppedUp.header.upper().replace('-', '_')}": token.encode().decode("latin-1")})

    assert use(client) == SHUT


def test_a_person_gets_five_codes_an_hour(ada, here):
    answers = [ask(here) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [202] * 5 + [429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 3600
    assert ask(sign_in(ada, LAPTOP)).status_code == 429  # not by another session either
    assert ask(sign_in(UserFactory())).status_code == 202


def test_a_code_that_is_late_is_not_sent(here):
    ask(here)
    ask(here)
    outbox.drain()

    assert Message.objects.filter(template="step_up_code").count() == 1


def test_guests_get_no_code(client):
    assert client.post("/api/v1/auth/otp/", {"purpose": PURPOSE}).status_code == 401


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_burst_of_guesses_gets_five_and_of_many_right_ones_one_opens(ada, here):
    ask(here)
    sent = StepUp.objects.get()
    code = services.code_to_send(sent)

    def guess(words):
        device = services.Device()
        return services.prove(user=ada, session_id=sent.session.public_id, code=words, device=device)

    results = race(*[lambda n=n: guess(wrong(code, n)) for n in range(1, 13)])
    kinds = [type(result) for result in results]
    assert kinds.count(CodeWrong) == 5
    assert kinds.count(CodeExpired) + kinds.count(TooManyAttempts) == 7

    ask(here)
    sent = StepUp.objects.latest("pk")
    code = services.code_to_send(sent)
    in_postgres.clear(f"otp_verify:{ada.email}")
    results = race(*[lambda: guess(code)] * 5)
    assert refusals(results, CodeExpired) == 4
