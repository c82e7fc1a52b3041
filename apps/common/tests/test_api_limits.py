from ipaddress import ip_network

import pytest
from django.core.cache import cache
from django.test import Client

from apps.accounts.tests.factories import UserFactory
from apps.accounts.tests.signing_in import client_with, sign_in
from apps.common import limits
from apps.common.models import Counter
from tests.racing import race

pytestmark = pytest.mark.django_db

CART, PRODUCTS = "/api/v1/cart/", "/api/v1/products/"


@pytest.fixture(params=["postgres", "redis"], autouse=True)
def few(request, settings, monkeypatch):
    settings.API_LIMITS = {"anonymous": 2, "user": 3, "staff": 4, "catalogue": 1}
    monkeypatch.setattr(limits, "in_memory", limits.InMemory())
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        settings.CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": url}}
        settings.COUNT_IN_REDIS = True
        cache.clear()


def statuses(client, path, count):
    return [client.get(path).status_code for _ in range(count)]


def test_a_guest_a_customer_and_staff_have_limits_of_their_own():
    customer = client_with(sign_in(UserFactory()).access)
    staff = client_with(sign_in(UserFactory(is_staff=True)).access)

    assert statuses(Client(), CART, 3) == [200, 200, 429]
    assert statuses(customer, CART, 4) == [200, 200, 200, 429]
    assert statuses(staff, CART, 5) == [200, 200, 200, 200, 429]


def test_a_person_is_counted_once_on_all_devices():
    user = UserFactory()
    clients = [client_with(sign_in(user).access) for _ in range(2)]

    assert [client.get(CART).status_code for client in [*clients, *clients]] == [200, 200, 200, 429]


def test_looking_at_the_catalogue_counts_apart():
    client = Client()

    assert statuses(client, PRODUCTS, 2) == [200, 429]
    assert statuses(client, CART, 1) == [200]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_many_requests_at_once_no_more_get_through_than_the_limit(settings):
    settings.API_LIMITS = {"anonymous": 5, "catalogue": 7}

    carts = race(*[lambda: Client().get(CART).status_code] * 12)
    products = race(*[lambda: Client().get(PRODUCTS).status_code] * 12)

    assert (carts.count(200), carts.count(429)) == (5, 7)
    assert (products.count(200), products.count(429)) == (7, 5)


def test_behind_a_proxy_of_ours_each_client_is_counted_for_himself(settings):
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1")]

    def ask(client):
        return Client().get(CART, headers={"X-Forwarded-For": f"6.6.6.6, {client}"}).status_code

    assert [ask("198.51.100.1") for _ in range(3)] == [200, 200, 429]
    assert ask("198.51.100.2") == 200


def test_looking_at_the_catalogue_is_counted_without_a_query():
    Client().get(PRODUCTS)

    assert not Counter.objects.exists()


def test_each_answer_says_where_the_count_stands():
    client = Client()

    first, _, third = (client.get(CART) for _ in range(3))

    assert (first["X-RateLimit-Limit"], first["X-RateLimit-Remaining"]) == ("2", "1")
    assert 0 < int(first["X-RateLimit-Reset"]) <= 3600
    assert third["X-RateLimit-Remaining"] == "0"
    assert 0 < int(third["Retry-After"]) <= 3600
    assert third.json()["code"] == "too-many-requests"


def test_an_address_that_a_stranger_claims_is_not_counted_instead_of_his_own():
    answers = [Client().get(CART, headers={"X-Forwarded-For": f"198.51.100.{n}"}).status_code for n in range(3)]

    assert answers == [200, 200, 429]


def test_health_has_no_limit():
    assert statuses(Client(), "/api/health/live/", 5) == [200] * 5
