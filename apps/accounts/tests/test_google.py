import time

import jwt
import pytest
from django.utils import timezone

from apps.accounts import providers
from apps.accounts.models import GoogleIdentity, User
from apps.accounts.tests.factories import PASSWORD, UserFactory
from apps.accounts.tests.google import serving
from apps.accounts.tests.signing_in import me, outcome, post
from apps.outbox.models import OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def google(settings):
    with serving() as google:
        settings.GOOGLE_CLIENT_IDS = ["shop.apps.googleusercontent.com", "app.apps.googleusercontent.com"]
        settings.GOOGLE_CERTS_URL = google.url
        yield google
        providers.google()._http.close()
        providers._google.cache_clear()  # another test may get the same port


def sign_in(credential, **more):
    return post("google", credential=credential, **more)


def test_a_stranger_with_a_google_account_gets_an_account_and_is_signed_in(google):
    response = sign_in(google.token())

    assert response.status_code == 200
    assert me(response.json()["access"]).json()["email"] == "ada@gmail.com"
    user = User.objects.get()
    assert (user.first_name, user.is_email_verified, user.has_usable_password()) == ("Ada", True, False)
    assert [event.event_type for event in OutboxMessage.objects.order_by("pk")] == [
        "accounts.UserRegistered",
        "accounts.EmailVerified",
    ]


def test_the_subject_names_the_account_though_the_address_changes(google):
    sign_in(google.token())

    assert sign_in(google.token(email="ada.m@gmail.com")).json()["user"]["email"] == "ada@gmail.com"
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "another-shop"},
        {"aud": None},
        {"iss": "https://accounts.evil.example"},
        {"exp": int(time.time()) - 60},
        {"iat": int(time.time()) + 86_400},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
        {"email": None},
        {"sub": None},
        {"sub": "x" * 256},
        {"signed_by": "a stranger"},
        {"kid": "another"},
    ],
    ids=lambda change: next(iter(change)),  # the same in every process
)
def test_what_google_did_not_say_to_us_is_refused(google, change):
    assert outcome(sign_in(google.token(**change))) == (401, "google-token-not-valid")
    assert not User.objects.exists()


@pytest.mark.parametrize("credential", ["nonsense", "a.b.c", jwt.encode({"sub": "117"}, None, algorithm="none")])
def test_what_is_no_token_of_googles_is_refused(google, credential):
    assert outcome(sign_in(credential)) == (401, "google-token-not-valid")


def test_a_token_signs_in_once(google):
    token = google.token()
    sign_in(token)

    assert outcome(sign_in(token)) == (401, "google-token-not-valid")


def test_a_nonce_that_was_asked_for_must_come_back(google):
    assert sign_in(google.token(nonce="n-1"), nonce="n-2").status_code == 401
    assert sign_in(google.token(nonce="n-1"), nonce="n-1").status_code == 200


def test_a_clock_that_is_a_little_off_is_no_matter(google):
    assert sign_in(google.token(iat=int(time.time()) + 5)).status_code == 200


def test_a_verified_account_is_tied_when_google_runs_the_mailbox(google):
    ada = UserFactory(email="ada@gmail.com", email_verified_at=timezone.now())

    assert sign_in(google.token()).json()["user"]["id"] == str(ada.public_id)
    assert GoogleIdentity.objects.get().user == ada


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ({"email_verified_at": None}, {}),
        ({"email_verified_at": timezone.now(), "email": "ada@example.test"}, {"email": "ada@example.test"}),
        ({"email_verified_at": timezone.now(), "is_staff": True}, {}),
    ],
    ids=["registered by whom?", "a mailbox elsewhere", "staff"],
)
def test_an_account_that_may_be_another_persons_wants_its_password_first(google, account, said):
    ada = UserFactory(**{"email": "ada@gmail.com"} | account)

    assert outcome(sign_in(google.token(**said))) == (409, "google-link-needed")
    assert sign_in(google.token(**said), password="wrong").status_code == 400
    assert not GoogleIdentity.objects.exists()

    assert sign_in(google.token(**said), password=PASSWORD).json()["user"]["id"] == str(ada.public_id)
    assert sign_in(google.token(**said)).status_code == 200


def test_a_mailbox_at_a_company_whose_accounts_google_keeps_is_as_good(google):
    UserFactory(email="ada@firm.test", email_verified_at=timezone.now())

    assert sign_in(google.token(email="ada@firm.test", hd="firm.test")).status_code == 200


def test_an_address_that_google_does_not_run_is_still_to_be_verified(google):
    assert sign_in(google.token(email="ada@example.test")).json()["user"]["is_email_verified"] is False


def test_a_closed_account_stays_closed(google):
    sign_in(google.token())
    User.objects.update(is_active=False, locked_at=timezone.now())

    assert outcome(sign_in(google.token())) == (400, "account-not-active")


def test_googles_keys_are_fetched_once_while_google_lets_us_keep_them(google):
    for _ in range(3):
        sign_in(google.token())
    for _ in range(3):
        sign_in(google.token(kid="unknown"))

    assert google.asked == 1


def test_when_google_is_away_the_same_may_be_tried_later(google):
    google.status = 500
    token = google.token()

    refused = sign_in(token)
    assert (outcome(refused), refused["Retry-After"]) == ((503, "google-unavailable"), "5")

    google.status = 200
    assert sign_in(token).status_code == 200


def test_without_a_client_id_it_is_not_offered():
    assert outcome(sign_in("x.y.z")) == (404, "google-not-offered")
