"""With a cache that all processes share a request needs no query, and still nothing ends too late."""

import pytest
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory

from apps.accounts import services
from apps.accounts.api.authentication import SessionAwareJWTAuthentication
from apps.accounts.models import User, UserSession
from apps.accounts.services import remembered
from apps.accounts.tests.factories import UserFactory
from apps.accounts.tests.signing_in import client_with, me, outcome, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["here", "redis"], autouse=True)
def shared_cache(request, settings):
    """The memory of this one process, and a real Redis where there is one."""
    settings.REMEMBER_SESSIONS = True
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        settings.CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": url}}


@pytest.fixture
def user():
    return UserFactory(first_name="Ada")


@pytest.fixture
def access(user):
    """Of a session that has just been used, so that it is remembered."""
    access = sign_in(user).access
    me(access)
    return access


def test_a_warm_token_is_checked_without_a_query(access, user, django_assert_num_queries):
    request = Request(APIRequestFactory().get("/", headers={"Authorization": f"Bearer {access}"}))

    with django_assert_num_queries(0):
        person, _ = SessionAwareJWTAuthentication().authenticate(request)

    assert (person.public_id, person.language) == (user.public_id, user.language)


def test_a_warm_profile_asks_only_where_the_person_works(access, user, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = me(access)

    assert response.json()["first_name"] == "Ada"
    assert response.json()["id"] == str(user.public_id)


def test_the_hash_of_the_password_is_not_kept_outside_the_database(access, user):
    facts = cache.get(remembered._user_key(user.public_id))

    assert facts["email"] == user.email
    assert "password" not in facts


def end_by_hand(user):
    services.deactivate_other_sessions(user=user, current=None)


def close_the_account(user):
    user.is_active = False
    user.save()


def change_the_password(user):
    user.set_password("another-long-one-8")
    user.save()


def delete_the_person(user):
    user.delete()


@pytest.mark.parametrize("end", [end_by_hand, close_the_account, change_the_password, delete_the_person])
def test_what_has_ended_is_refused_at_the_very_next_request(access, user, end):
    end(user)

    assert outcome(me(access)) == (401, "session-ended")
    assert outcome(me(access)) == (401, "session-ended")


def test_a_changed_profile_is_seen_at_once(access):
    client = client_with(access)

    client.patch("/api/v1/me/", {"first_name": "Grace"}, format="json")

    assert client.get("/api/v1/me/").json()["first_name"] == "Grace"


def test_who_read_before_the_end_cannot_write_it_down_afterwards(user):
    sign_in(user)
    as_it_was = UserSession.objects.select_related("user").get()

    services.deactivate_other_sessions(user=user, current=None)
    remembered.remember(as_it_was)

    assert remembered.recall(session_id=as_it_was.public_id, user_id=user.public_id) is None


def test_a_remembered_session_is_no_good_for_another_person(access, user):
    stranger = UserFactory()
    me(sign_in(stranger).access)

    session_id = UserSession.objects.get(user=user).public_id
    assert remembered.recall(session_id=session_id, user_id=stranger.public_id) is None


def test_when_the_cache_is_away_the_database_answers(access, user, settings):
    settings.CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://127.0.0.1:9/0"}}

    assert me(access).status_code == 200
    services.deactivate_other_sessions(user=user, current=None)
    assert outcome(me(access)) == (401, "session-ended")


def test_a_guest_costs_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert APIClient().get("/api/v1/me/").status_code == 401
    assert not User.objects.exists()
