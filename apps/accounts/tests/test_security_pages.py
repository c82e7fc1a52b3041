"""The staff's screens against intruders: who tried, who is in, and one button to end it."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts import services
from apps.accounts.models import AttemptKind, SecurityAttempt, UserSession
from apps.accounts.services import attempts
from apps.accounts.tests.factories import PASSWORD, UserFactory
from apps.accounts.tests.signing_in import me, outcome, post, sign_in
from apps.common.tests.staff import boss_client, press, staff_client

pytestmark = pytest.mark.django_db

SECURITY = [
    *("accounts.view_user", "accounts.change_user", "accounts.view_usersession", "accounts.change_usersession"),
    *("accounts.view_securityattempt", "accounts.change_securityattempt"),
]


@pytest.fixture
def user():
    return UserFactory(email="ada@example.test")


def button(model, row, name):
    return reverse(f"admin:accounts_{model}_button", args=[row.pk, name])


def test_one_click_ends_a_session(user):
    access = sign_in(user).access

    press(staff_client(*SECURITY), button("usersession", UserSession.objects.get(), "sign-out"))

    assert outcome(me(access)) == (401, "session-ended")


def test_one_click_locks_a_person_out_everywhere_and_another_opens_the_account_again(user):
    access = sign_in(user).access
    client = staff_client(*SECURITY)

    press(client, button("user", user, "lock"))

    assert outcome(me(access)) == (401, "session-ended")
    assert post("login", email=user.email, password=PASSWORD).json()["code"] == "account-not-active"

    user.refresh_from_db()
    user.email_verified_at = user.created_at
    user.save()
    press(client, button("user", user, "unlock"))
    assert post("login", email=user.email, password=PASSWORD).status_code == 200
    assert outcome(me(access)) == (401, "session-ended")


def test_one_click_lets_a_locked_out_address_in_again(user):
    for _ in range(4):
        post("login", email=user.email, password="wrong")
    lockout = SecurityAttempt.objects.get(reason="too-many-attempts")

    press(staff_client(*SECURITY), button("securityattempt", lockout, "lift"))

    assert post("login", email=user.email, password=PASSWORD).status_code == 200


@pytest.mark.parametrize("name", ["lock", "sign-out"])
def test_staff_do_neither_to_a_colleague(name):
    boss = UserFactory(is_staff=True, is_superuser=True)
    access = sign_in(boss).access
    row = {"lock": boss, "sign-out": UserSession.objects.get()}[name]

    press(staff_client(*SECURITY), button(type(row)._meta.model_name, row, name))

    assert me(access).status_code == 200


def test_nobody_locks_himself():
    client = boss_client()

    press(client, button("user", client.user, "lock"))

    client.user.refresh_from_db()
    assert client.user.is_active


def test_looking_is_not_acting(user):
    sign_in(user)
    client = staff_client("accounts.view_usersession")

    assert client.post(button("usersession", UserSession.objects.get(), "sign-out")).status_code == 403


def test_a_chart_counts_the_days_and_what_was_typed_is_no_markup():
    device = services.Device("<script>alert(1)</script>", "192.0.2.1")
    for reason in ("", "invalid-credentials", "invalid-credentials", "too-many-attempts"):
        attempts.record(AttemptKind.LOGIN, email="<b>x</b>", device=device, reason=reason)

    page = boss_client().get(reverse("admin:accounts_securityattempt_changelist"))

    chart = page.context["attempts_chart"]
    assert chart["summary"] == "Let in: 1, Refused: 2, Lockouts: 1"
    assert [set_["data"][-1] for set_ in json.loads(chart["data"])["datasets"]] == [1, 2, 1]
    assert len(json.loads(chart["data"])["labels"]) == 14
    assert "<script>alert(1)" not in page.content.decode()


def test_the_lists_can_be_narrowed(user):
    post("login", email=user.email, password="wrong")
    client = boss_client()

    found = client.get(reverse("admin:accounts_securityattempt_changelist"), {"is_success__exact": "0", "q": "ada@"})

    assert found.context["cl"].result_count == 1


def enter(password, address="192.0.2.1"):
    answers = {"username": "Boss@example.test", "password": password}
    return Client(REMOTE_ADDR=address).post(reverse("admin:login"), answers)


def test_the_admins_own_login_has_the_same_limits_and_the_same_log():
    UserFactory(email="boss@example.test", is_staff=True, is_superuser=True)

    assert enter(PASSWORD).status_code == 302
    assert [enter("wrong").status_code for _ in range(3)] == [200] * 3
    refused = enter(PASSWORD)

    assert refused.status_code == 200
    assert "Too many failed login attempts. Please try again later." in refused.content.decode()
    assert enter(PASSWORD, "198.51.100.1").status_code == 302
    reasons = SecurityAttempt.objects.order_by("pk").values_list("reason", flat=True)
    assert list(reasons) == ["", *["invalid-credentials"] * 3, "too-many-attempts", ""]


def test_a_customer_does_not_enter_the_admin():
    UserFactory(email="boss@example.test")

    assert enter(PASSWORD).status_code == 200
