import pytest

from apps.accounts import services
from apps.accounts.models import Address
from apps.accounts.services import addresses
from apps.accounts.tests.factories import UserFactory
from apps.accounts.tests.signing_in import client_with, outcome, sign_in
from tests.racing import race

pytestmark = pytest.mark.django_db

BOOK = "/api/v1/me/addresses/"
HOME = {
    "first_name": "Ada",
    "last_name": "Márquez",
    "address_line_1": "Av. Bolívar 1",
    "city": "Caracas",
    "state_province": "Distrito Capital",
    "postal_code": "1010",
    "country": "VE",
    "phone": "+584121234567",
}


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def client(user):
    return client_with(sign_in(user).access)


def add(client, **changes):
    return client.post(BOOK, HOME | changes, format="json").json()


def defaults(user):
    return sorted(Address.objects.filter(user=user, is_default=True).values_list("kind", "address_line_1"))


def test_writes_an_address_down_and_reads_it_again(client):
    response = client.post(BOOK, HOME, format="json")

    assert response.status_code == 201
    written = response.json()
    assert written == HOME | {"id": written["id"], "kind": "shipping", "is_default": True, "address_line_2": ""}
    assert client.get(f"{BOOK}{written['id']}/").json() == written
    assert client.get(BOOK).json()["results"] == [written]


def test_a_phone_is_read_as_one_of_the_address_s_country_and_kept_with_its_code(client):
    address = add(client, phone="11 99999-0000", country="BR")
    assert address["phone"] == "+5511999990000"

    changed = client.patch(f"{BOOK}{address['id']}/", {"phone": "(21) 98888-0000"}, format="json")

    assert changed.json()["phone"] == "+5521988880000"
    refused = client.post(BOOK, HOME | {"phone": "0412 123"}, format="json").json()
    assert refused["errors"]["phone"] == [
        "This is no number of VE. Write all of it, or with + and the code of its country, like +584121234567."
    ]


def test_the_first_of_a_kind_is_its_default_until_another_is_made_so(user, client):
    add(client, address_line_1="First")
    second = add(client, address_line_1="Second")
    add(client, address_line_1="Bill", kind="billing")
    assert defaults(user) == [("billing", "Bill"), ("shipping", "First")]

    client.patch(f"{BOOK}{second['id']}/", {"is_default": True}, format="json")

    assert defaults(user) == [("billing", "Bill"), ("shipping", "Second")]


def test_a_default_that_is_deleted_is_succeeded_by_the_newest(user, client):
    first = add(client, address_line_1="First")
    for line in ("Second", "Third"):
        add(client, address_line_1=line)

    assert client.delete(f"{BOOK}{first['id']}/").status_code == 204

    assert defaults(user) == [("shipping", "Third")]


def test_a_default_that_changes_its_kind_leaves_a_successor(user, client):
    first = add(client, address_line_1="First")
    add(client, address_line_1="Second")
    add(client, address_line_1="Bill", kind="billing")

    client.patch(f"{BOOK}{first['id']}/", {"kind": "billing"}, format="json")

    assert defaults(user) == [("billing", "Bill"), ("shipping", "Second")]


@pytest.mark.parametrize(
    ("field", "value"),
    [("country", "Venezuela"), ("country", "ve"), ("phone", "0412"), ("kind", "holiday"), ("city", ""), ("city", None)],
)
def test_a_malformed_field_is_named(client, field, value):
    response = client.post(BOOK, HOME | {field: value}, format="json")

    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert not Address.objects.exists()


def test_a_strangers_address_is_not_found_and_stays(client):
    theirs = services.add_address(user=UserFactory(), **HOME)
    page = f"{BOOK}{theirs.public_id}/"

    answers = [client.get(page), client.patch(page, {"city": "Mérida"}, format="json"), client.delete(page)]

    assert [outcome(answer) for answer in answers] == [(404, "not-found")] * 3
    theirs.refresh_from_db()
    assert theirs.city == "Caracas"
    assert client.get(BOOK).json()["count"] == 0


def test_whose_it_is_cannot_be_written(user, client):
    other = UserFactory()

    written = add(client, user=other.pk, user_id=other.pk, id=7, public_id="x")

    assert Address.objects.get(public_id=written["id"]).user == user


def test_the_book_has_an_end(user, client, monkeypatch):
    monkeypatch.setattr(addresses, "MOST_ADDRESSES", 2)

    assert [client.post(BOOK, HOME, format="json").status_code for _ in range(3)] == [201, 201, 409]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_many_defaults_at_once_leave_one(user):
    results = race(*[lambda: services.add_address(user=user, **HOME, is_default=True)] * 8)

    assert all(isinstance(result, Address) for result in results)
    assert len(defaults(user)) == 1
