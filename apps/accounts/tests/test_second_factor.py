"""The second factor: what sets it up, what it lets in, and whom it keeps out of the API."""

import pytest
from django.core.management import CommandError, call_command
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts import services
from apps.accounts.exceptions import SecondFactorWrong, TooManyAttempts
from apps.accounts.models import SecurityAttempt, User, UserSession
from apps.accounts.tests.factories import PASSWORD, UserFactory
from apps.accounts.tests.second_factors import set_up, shown_by, time_passes, wrong
from apps.accounts.tests.signing_in import me, outcome, post, sign_in
from apps.notifications.models import Message
from apps.outbox import services as outbox
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    return UserFactory(email="clerk@example.test", is_staff=True, language="en")


def log_in(**more):
    return post("login", email="clerk@example.test", password=PASSWORD, **more)


def check(user, otp):
    services.check_second_factor(user=user, otp=otp, device=services.Device("Phone/1.0", "192.0.2.1"))


def test_the_password_alone_opens_no_session_once_there_is_an_app(clerk):
    assert log_in().status_code == 200
    key, _ = set_up(clerk)

    assert outcome(log_in()) == (400, "second-factor-required")
    assert outcome(log_in(otp=wrong(shown_by(key)))) == (400, "second-factor-wrong")
    assert UserSession.objects.filter(ended_at=None).count() == 0
    time_passes()
    assert log_in(otp=shown_by(key)).status_code == 200


def test_setting_it_up_signs_out_whoever_had_the_password_only(clerk):
    access = sign_in(clerk).access
    set_up(clerk)

    assert outcome(me(access)) == (401, "session-ended")


def test_a_code_works_once(clerk):
    key, _ = set_up(clerk)
    code = shown_by(key)

    check(clerk, code)

    with pytest.raises(SecondFactorWrong):
        check(clerk, code)


def test_the_code_that_set_it_up_is_used_already(clerk):
    key = services.new_key()
    code = shown_by(key)
    services.set_up_second_factor(user=clerk, key=key, otp=code)

    assert outcome(log_in(otp=code)) == (400, "second-factor-wrong")


def test_each_wrong_guess_makes_the_next_one_wait_longer(clerk):
    key, _ = set_up(clerk)

    for failures in range(1, 6):
        time_passes()
        with pytest.raises(SecondFactorWrong):
            check(clerk, wrong(shown_by(key)))
        with pytest.raises(TooManyAttempts) as refusal:
            check(clerk, shown_by(key))
        assert 2 ** (failures - 1) - 1 <= refusal.value.retry_after_seconds <= 2 ** (failures - 1)

    assert set(SecurityAttempt.objects.values_list("kind", "reason", "user")) == {
        ("second_factor", "second-factor-wrong", clerk.pk)
    }


def test_each_recovery_code_lets_in_once_in_whatever_spelling_and_is_told_of(clerk):
    _, codes = set_up(clerk)
    assert len(set(codes)) == 10

    assert log_in(otp=codes[0].upper().replace("-", " ")).status_code == 200
    assert outcome(log_in(otp=codes[0])) == (400, "second-factor-wrong")
    time_passes()
    assert log_in(otp=codes[1]).status_code == 200

    outbox.drain()
    told = Message.objects.filter(template="second_factor_changed", text__contains="recovery codes")
    assert (told.count(), StaticToken.objects.count()) == (2, 8)


def test_recovery_codes_are_kept_as_hashes_and_belong_to_one_person(clerk):
    _, codes = set_up(clerk)
    other = UserFactory(is_staff=True)
    set_up(other)

    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert not kept & {code.replace("-", "") for code in codes}
    with pytest.raises(SecondFactorWrong):
        check(other, codes[0])


def test_another_app_takes_the_place_of_the_one_before(clerk):
    old_key, old_codes = set_up(clerk)
    key, _ = set_up(clerk)

    for old in (shown_by(old_key), old_codes[0]):
        with pytest.raises(SecondFactorWrong):
            check(clerk, old)
        time_passes()
    check(clerk, shown_by(key))
    assert TOTPDevice.objects.count() == 1


def test_a_wrong_code_sets_nothing_up_and_leaves_what_was_there(clerk):
    key, _ = set_up(clerk)
    new_key = services.new_key()

    for nonsense in (wrong(shown_by(new_key)), "", "12345", "abcdef", "１２３４５６"):
        with pytest.raises(SecondFactorWrong):
            services.set_up_second_factor(user=clerk, key=new_key, otp=nonsense)

    check(clerk, shown_by(key))


def test_a_reset_lets_begin_anew_and_is_told_of(clerk):
    set_up(clerk)

    call_command("reset_second_factor", "Clerk@Example.Test")

    clerk.refresh_from_db()
    assert (clerk.second_factor_at, TOTPDevice.objects.count(), StaticToken.objects.count()) == (None, 0, 0)
    assert log_in().status_code == 200
    outbox.drain()
    assert Message.objects.filter(template="second_factor_changed", text__contains="was reset").count() == 1
    with pytest.raises(CommandError):
        call_command("reset_second_factor", clerk.email)


def test_where_all_staff_must_have_one_the_api_lets_nobody_in_without(clerk, settings):
    settings.STAFF_SECOND_FACTOR = True
    UserFactory(email="ana@example.test")

    assert outcome(log_in()) == (400, "second-factor-not-set-up")
    assert post("login", email="ana@example.test", password=PASSWORD).status_code == 200


def test_a_verified_mailbox_is_no_way_around_it(clerk):
    User.objects.filter(pk=clerk.pk).update(email_verified_at=None)
    set_up(clerk)
    token = services.issue_verification(user=clerk, request_key="verify-1")

    assert outcome(post("verify-email", token=token)) == (400, "second-factor-required")
    assert not UserSession.objects.exists()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_burst_of_guesses_is_judged_once_and_a_right_code_lets_one_in(clerk):
    key, _ = set_up(clerk)

    results = race(*[lambda: check(clerk, wrong(shown_by(key)))] * 8)
    assert [type(one) for one in results].count(SecondFactorWrong) == 1
    assert [type(one) for one in results].count(TooManyAttempts) == 7

    time_passes()
    code = shown_by(key)
    results = race(*[lambda: check(clerk, code)] * 4)
    kinds = [type(one) for one in results]
    assert results.count(None) == 1
    assert kinds.count(SecondFactorWrong) + kinds.count(TooManyAttempts) == 3


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_who_bring_one_recovery_code_at_once_one_gets_in(clerk):
    _, codes = set_up(clerk)

    results = race(*[lambda: check(clerk, codes[0])] * 2)

    assert results.count(None) == 1
    assert refusals(results, SecondFactorWrong) == 1
