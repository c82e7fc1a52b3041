from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.accounts.models import EndReason, User, UserSession
from apps.accounts.tests.factories import PASSWORD, UserFactory
from apps.accounts.tests.signing_in import LAPTOP, PHONE, client_with, me, outcome, post, sign_in
from apps.outbox.models import OutboxMessage
from tests.racing import race

pytestmark = pytest.mark.django_db

SESSIONS = "/api/v1/auth/sessions/"


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def phone(user):
    return sign_in(user, PHONE)


@pytest.fixture
def laptop(user, phone):
    return sign_in(user, LAPTOP, "2001:db8::7")


def session_on(user_agent):
    return UserSession.objects.get(user_agent=user_agent)


def announced():
    return [event.event_type for event in OutboxMessage.objects.order_by("pk")]


def test_lists_where_one_is_signed_in_and_says_which_is_here(phone, laptop):
    sign_in(UserFactory())

    body = client_with(phone.access).get(SESSIONS).json()

    assert body["count"] == 2
    mine = {row["device_info"]: row for row in body["results"]}
    assert {name: (row["ip_address"], row["is_current"]) for name, row in mine.items()} == {
        PHONE: ("192.0.2.1", True),
        LAPTOP: ("2001:db8::7", False),
    }
    assert set(mine[PHONE]) == {"id", "device_info", "ip_address", "created_at", "last_activity", "is_current"}


def test_login_remembers_the_device_and_its_address(client):
    UserFactory(email="ada@example.test")

    client.post(
        "/api/v1/auth/login/",
        {"email": "ada@example.test", "password": PASSWORD},
        "application/json",
        headers={"User-Agent": "Robot/9\x00" + "x" * 400},
    )

    session = UserSession.objects.get()
    assert (session.user_agent[:8], len(session.user_agent)) == ("Robot/9x", 300)
    assert session.ip_address == "127.0.0.1"


def test_a_device_that_is_signed_out_is_refused_at_its_next_request(phone, laptop):
    assert client_with(phone.access).post(f"{SESSIONS}{session_on(LAPTOP).public_id}/deactivate/").status_code == 204

    response = me(laptop.access)
    assert outcome(response) == (401, "session-ended")
    assert response.json()["detail"] == "Session has been terminated"
    assert outcome(post("refresh", refresh=laptop.refresh)) == (401, "session-ended")
    assert me(phone.access).status_code == 200
    assert session_on(LAPTOP).end_reason == EndReason.SIGNED_OUT_REMOTELY


def test_a_strangers_session_is_not_found_and_stays(phone):
    mine, stranger = session_on(PHONE), sign_in(UserFactory(), LAPTOP)

    response = client_with(stranger.access).post(f"{SESSIONS}{mine.public_id}/deactivate/")

    assert outcome(response) == (404, "session-not-found")
    assert me(phone.access).status_code == 200


def test_all_others_are_signed_out_and_counted(user, phone, laptop):
    sign_in(user, "Tablet/3.0")

    body = client_with(phone.access).post(f"{SESSIONS}deactivate-all/").json()

    assert body == {"deactivated": 2}
    assert me(phone.access).status_code == 200
    assert me(laptop.access).status_code == 401


def test_tells_how_many_there_are_and_what_rules_hold(phone, laptop):
    post("logout", refresh=laptop.refresh)

    assert client_with(phone.access).get(f"{SESSIONS}stats/").json() == {
        "active_sessions": 1,
        "total_sessions": 2,
        "max_allowed": 5,
        "expire_days": 30,
        "security_settings": {
            "max_sessions_per_user": 5,
            "session_expire_days": 30,
            "auto_cleanup_sessions": True,
            "log_session_activities": True,
            "force_logout_on_suspicious_activity": True,
            "suspicious_networks": 3,
        },
    }


def test_the_sixth_device_signs_the_first_out(user):
    devices = [sign_in(user) for _ in range(6)]

    assert [me(tokens.access).status_code for tokens in devices] == [401, 200, 200, 200, 200, 200]
    assert UserSession.objects.get(ended_at__isnull=False).end_reason == EndReason.TOO_MANY


def test_without_a_maximum_nobody_is_signed_out(user, settings):
    settings.SESSION_SECURITY = {**settings.SESSION_SECURITY, "MAX_SESSIONS_PER_USER": 0}

    devices = [sign_in(user) for _ in range(7)]

    assert [me(tokens.access).status_code for tokens in devices] == [200] * 7


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_many_who_sign_in_at_once_keep_the_maximum(user):
    race(*[lambda: sign_in(user)] * 12)

    assert UserSession.objects.filter(ended_at=None).count() == 5


def test_a_closed_account_is_refused_at_the_next_request(user, phone):
    user.is_active = False
    user.save()

    assert outcome(me(phone.access)) == (401, "session-ended")
    assert outcome(post("refresh", refresh=phone.refresh)) == (401, "session-ended")
    assert session_on(PHONE).end_reason == EndReason.ACCOUNT_CLOSED


def test_not_even_a_statement_past_all_forms_leaves_a_closed_account_open(user, phone):
    User.objects.update(is_active=False)

    assert outcome(me(phone.access)) == (401, "session-ended")
    assert outcome(post("refresh", refresh=phone.refresh)) == (401, "session-ended")


def test_a_new_password_ends_every_session(user, phone, laptop):
    user.set_password("another-long-one-8")
    user.save()

    assert [me(tokens.access).status_code for tokens in (phone, laptop)] == [401, 401]


def test_a_better_hash_of_the_same_password_ends_none(user, phone, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]

    assert User.objects.get().check_password(PASSWORD)

    assert User.objects.get().password.startswith("pbkdf2")
    assert me(phone.access).status_code == 200


def test_nothing_works_for_a_person_who_is_gone(user, phone):
    user.delete()

    assert outcome(me(phone.access)) == (401, "session-ended")
    assert post("refresh", refresh=phone.refresh).status_code == 401
    assert post("logout", refresh=phone.refresh).status_code == 204


def test_the_last_activity_is_written_once_a_minute(phone, django_assert_num_queries):
    moments = [timezone.now() - timedelta(seconds=seconds) for seconds in (50, 70)]
    written = []
    for moment, queries in zip(moments, (2, 3), strict=True):  # the session, what was agreed to, and the new time
        UserSession.objects.update(last_activity_at=moment)
        with django_assert_num_queries(queries):
            client_with(phone.access).get("/api/v1/me/preferences/")
        written.append(session_on(PHONE).last_activity_at > moment)

    assert written == [False, True]


def test_a_first_device_is_no_news_but_another_is(user):
    sign_in(user, PHONE)
    assert announced() == []

    sign_in(user, LAPTOP)
    sign_in(user, PHONE)

    assert announced() == ["accounts.NewDeviceSignedIn"]


def test_three_networks_within_an_hour_end_the_other_sessions(user, caplog):
    devices = [
        sign_in(user, PHONE, address) for address in ("198.51.100.1", "198.51.100.9", "203.0.113.1", "192.0.2.1")
    ]

    assert [me(tokens.access).status_code for tokens in devices] == [401, 401, 401, 200]
    event = OutboxMessage.objects.get(event_type="accounts.SuspiciousSignIn")
    assert event.payload == {"session_id": UserSession.objects.latest("pk").pk, "networks": 3, "others_ended": 3}
    assert "suspicious sign-in, 3 networks within an hour" in caplog.text


def test_by_setting_many_networks_are_only_told_of(user, settings):
    settings.SESSION_SECURITY = {**settings.SESSION_SECURITY, "FORCE_LOGOUT_ON_SUSPICIOUS_ACTIVITY": False}

    devices = [sign_in(user, PHONE, address) for address in ("198.51.100.1", "203.0.113.1", "192.0.2.1")]

    assert [me(tokens.access).status_code for tokens in devices] == [200, 200, 200]
    assert announced() == ["accounts.SuspiciousSignIn"]


def test_networks_of_last_week_are_not_suspicious(user):
    for address in ("198.51.100.1", "203.0.113.1"):
        sign_in(user, PHONE, address)
    UserSession.objects.update(created_at=timezone.now() - timedelta(hours=2))

    sign_in(user, PHONE, "192.0.2.1")

    assert announced() == []


def test_sessions_that_ended_long_ago_are_deleted(user, capsys):
    long_ago = timezone.now() - timedelta(days=31)
    for changes in (
        {"ended_at": long_ago, "end_reason": EndReason.LOGGED_OUT},
        {"expires_at": long_ago},
        {"ended_at": timezone.now(), "end_reason": EndReason.LOGGED_OUT},
        {},
    ):
        sign_in(user)
        if changes:
            UserSession.objects.filter(pk=UserSession.objects.latest("pk").pk).update(**changes)

    call_command("cleanup_sessions", "--dry-run", "--json")
    assert (capsys.readouterr().out, UserSession.objects.count()) == ('{"dry_run": true, "sessions": 2}\n', 4)

    call_command("cleanup_sessions")
    assert (capsys.readouterr().out, UserSession.objects.count()) == ("2 were deleted.\n", 2)
