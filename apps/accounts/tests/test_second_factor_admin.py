"""The admin's pages that ask staff for the second factor, set it up, and reset it."""

import re
from urllib.parse import quote

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.tests.factories import PASSWORD, UserFactory
from apps.accounts.tests.second_factors import set_up, shown_by, time_passes, wrong
from apps.common.tests.staff import boss_client, press, staff_client

pytestmark = pytest.mark.django_db

HOME, ASK, SET_UP = reverse("admin:index"), reverse("second-factor"), reverse("second-factor-set-up")
ORDERS = reverse("admin:orders_order_changelist")
RECIPIENTS = reverse("admin:payments_pagomovilrecipient_changelist")


@pytest.fixture
def boss():
    return UserFactory(email="boss@example.test", is_staff=True, is_superuser=True)


def log_in(user):
    """As the login page does it: by the password alone."""
    client = Client()
    answer = client.post(f"{reverse('admin:login')}?next={HOME}", {"username": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def leads_to(answer):
    return answer.headers.get("Location") if answer.status_code == 302 else answer.status_code


def question(page):
    return f"{ASK}?next={quote(page, safe='')}"


def grow_old(client, minutes=11):
    session = client.session
    since, proved_at = session["second_factor"]
    session["second_factor"] = [since, proved_at - minutes * 60]
    session.save()


def test_after_the_password_every_page_asks_and_then_leads_where_one_wanted_to_go(boss):
    key, _ = set_up(boss)
    client = log_in(boss)

    for page in (HOME, ORDERS, reverse("admin:accounts_user_change", args=[boss.pk])):
        assert leads_to(client.get(page)) == question(page)
    assert client.post(ORDERS, {"action": "delete_selected"}).headers["Location"] == question(ORDERS)

    assert leads_to(client.post(ASK, {"otp": shown_by(key), "next": ORDERS})) == ORDERS
    assert client.get(ORDERS).status_code == 200


def test_a_wrong_code_opens_nothing_and_the_next_waits(boss):
    key, _ = set_up(boss)
    client = log_in(boss)

    assert "no code of your app" in client.post(ASK, {"otp": wrong(shown_by(key))}).content.decode()
    assert "Too many verification attempts" in client.post(ASK, {"otp": shown_by(key)}).content.decode()
    assert leads_to(client.get(HOME)) == question(HOME)


def test_a_recovery_code_lets_in_and_a_new_app_can_be_set_up(boss):
    _, codes = set_up(boss)
    client = log_in(boss)

    assert leads_to(client.post(ASK, {"otp": codes[3]})) == HOME
    secret = re.search(r'id="secret"[^>]*>([A-Z2-7 ]+)<', client.get(SET_UP).content.decode())
    assert secret is not None


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "/api/v1/me/", "javascript:x"]
)
def test_it_leads_to_pages_of_the_admin_only(boss, wanted):
    key, _ = set_up(boss)

    assert leads_to(log_in(boss).post(f"{ASK}?next={wanted}", {"otp": shown_by(key), "next": wanted})) == HOME


def test_an_app_is_set_up_by_its_own_code_and_the_recovery_codes_are_shown_once(boss):
    client, elsewhere = log_in(boss), log_in(boss)
    page = client.get(SET_UP).content.decode()
    key = client.session["second_factor_key"]
    assert 'src="data:image/svg+xml' in page
    assert client.get(SET_UP).content.decode().count("data:image") == 1
    assert client.session["second_factor_key"] == key  # looking again shows the same one

    assert "no code of your app" in client.post(SET_UP, {"otp": wrong(shown_by(key))}).content.decode()
    done = client.post(SET_UP, {"otp": shown_by(key)}).content.decode()

    assert len(re.findall(r"<li>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</li>", done)) == 10
    assert "second_factor_key" not in client.session
    assert client.get(HOME).status_code == 200  # this session has just shown it
    assert leads_to(elsewhere.get(HOME)).startswith(reverse("admin:login"))  # all others are over
    assert "recovery-codes" not in client.get(SET_UP).content.decode()


def test_another_app_wants_a_fresh_code_of_the_one_before(boss):
    key, _ = set_up(boss)
    client = log_in(boss)
    assert leads_to(client.get(SET_UP)) == question(SET_UP)
    client.post(ASK, {"otp": shown_by(key)})
    assert client.get(SET_UP).status_code == 200

    grow_old(client)

    assert leads_to(client.post(SET_UP, {"otp": "123456"})) == question(SET_UP)


def test_pages_of_money_and_power_ask_again_after_ten_minutes(boss):
    pages = [
        RECIPIENTS,
        reverse("admin:payments_pagomovilrecipient_add"),
        reverse("admin:auth_group_changelist"),
        reverse("admin:accounts_securityattempt_changelist"),
        reverse("admin:accounts_usersession_changelist"),
        reverse("admin:accounts_user_add"),
        reverse("admin:password_change"),
    ]
    key, _ = set_up(boss)
    client = log_in(boss)
    client.post(ASK, {"otp": shown_by(key)})
    assert {page: leads_to(client.get(page)) for page in pages} == dict.fromkeys(pages, 200)

    grow_old(client)

    asked = {page: question(page) for page in pages}
    assert client.get(ORDERS).status_code == 200
    assert {page: leads_to(client.get(page)) for page in pages} == asked
    assert {page: leads_to(client.post(page, {})) for page in pages} == asked
    time_passes()
    client.post(ASK, {"otp": shown_by(key)})
    assert client.get(RECIPIENTS).status_code == 200


def test_staff_without_an_app_are_not_asked_unless_all_must_have_one(settings):
    client = staff_client("orders.view_order")
    assert client.get(ORDERS).status_code == 200

    settings.STAFF_SECOND_FACTOR = True

    assert leads_to(client.get(ORDERS)) == SET_UP
    assert client.get(SET_UP).status_code == 200
    key = client.session["second_factor_key"]
    client.post(SET_UP, {"otp": shown_by(key)})
    assert client.get(ORDERS).status_code == 200


def test_guests_and_customers_are_sent_to_the_login(boss):
    customer = Client()
    customer.force_login(UserFactory())
    for client in (Client(), customer):
        for page in (ASK, SET_UP, ORDERS):
            assert leads_to(client.get(page)).startswith(reverse("admin:login"))


def test_another_superuser_resets_it_and_that_is_written_down(boss):
    clerk = UserFactory(email="clerk@example.test", is_staff=True)
    key, _ = set_up(clerk)
    client = log_in(clerk)
    client.post(ASK, {"otp": shown_by(key)})
    boss_here = log_in(boss)

    press(boss_here, reverse("admin:accounts_user_button", args=[clerk.pk, "reset-second-factor"]))

    assert User.objects.get(pk=clerk.pk).second_factor_at is None
    assert leads_to(client.get(HOME)).startswith(reverse("admin:login"))  # an app that was stolen is out at once
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, "is reset" in entry.change_message) == (boss, str(clerk.pk), True)


def test_nobody_else_resets_it_and_nobody_his_own(boss):
    set_up(boss)
    address = reverse("admin:accounts_user_button", args=[boss.pk, "reset-second-factor"])
    support = staff_client("accounts.view_user", "accounts.change_user")

    press(support, address)
    key, _ = set_up(boss)
    own = log_in(boss)
    own.post(ASK, {"otp": shown_by(key)})
    press(own, address)

    assert User.objects.get(pk=boss.pk).second_factor_at is not None


def test_no_page_shows_secrets():
    client = boss_client()
    for model in ("otp_totp/totpdevice", "otp_static/staticdevice"):
        assert client.get(f"{HOME}{model}/").status_code == 404
