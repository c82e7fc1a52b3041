import pytest
from django.test import Client

from apps.accounts.tests.factories import UserFactory
from apps.accounts.tests.signing_in import client_with, sign_in
from apps.common import limits
from apps.common.models import Counter

pytestmark = pytest.mark.django_db

CART, PRODUCTS = "/api/v1/cart/", "/api/v1/products/"


@pytest.fixture(autouse=True)
def few(settings, monkeypatch):
    settings.API_LIMITS = {"anonymous": 2, "user": 3, "staff": 4, "catalogue": 1}
    monkeypatch.setattr(limits, "in_memory", limits.InMemory())


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
