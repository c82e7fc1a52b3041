"""Who opens a store and who sees it; whoever works in one has a business account."""

import pytest

from apps.accounts.tests.factories import UserFactory
from apps.accounts.tests.signing_in import outcome
from apps.common.tests.staff import boss_client
from apps.stores import services
from apps.stores.models import Store, StoreMember
from apps.stores.tests.factories import StoreFactory, StoreMemberFactory
from apps.stores.tests.visiting import as_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return UserFactory()


@pytest.fixture
def offered(settings):
    settings.STORES_BY_CUSTOMERS = True


def test_unless_the_shop_wants_it_no_customer_opens_a_store(ada):
    assert outcome(as_person(ada).post("stores/", name="Ada's")) == (404, "stores-not-offered")
    assert not Store.objects.exists()


def test_a_customer_opens_a_store_and_staff_let_it_be_seen(offered, ada):
    made = as_person(ada).post("stores/", name="Ada's kits", email="orders@example.test")

    slug = made.json()["slug"]
    assert (made.status_code, made.json()["is_active"], slug[:9]) == (201, False, "adas-kits")
    assert [as_person(who).get(f"stores/{slug}/").status_code for who in (ada, UserFactory(), None)] == [200, 404, 404]
    assert as_person().get("stores/").json()["count"] == 0

    client, form = boss_client(), {"name": "Ada's kits", "slug": slug, "email": "", "is_awaiting_opening": "on"}
    form |= {"members-TOTAL_FORMS": "0", "members-INITIAL_FORMS": "0"}
    [waiting] = client.get("/admin/stores/store/?is_awaiting_opening__exact=1").context["cl"].result_list
    opened = client.post(f"/admin/stores/store/{waiting.pk}/change/", form | {"is_active": "on"})

    waiting.refresh_from_db()
    assert (opened.status_code, waiting.is_active, waiting.is_awaiting_opening) == (302, True, False)
    assert [one["slug"] for one in as_person().get("stores/").json()["results"]] == [slug]


def test_everybody_sees_of_a_store_what_is_no_secret():
    member = StoreMemberFactory(store__email="orders@example.test")

    shown = as_person().get("stores/shop/").json()

    assert shown == {"id": str(member.store.public_id), "slug": "shop", "name": "Shop", "base_currency": "USD"}
    assert as_person().get("stores/").json()["results"] == [shown]
    assert as_person(member.user).get("stores/shop/").json()["email"] == "orders@example.test"


def test_an_owner_says_where_orders_are_announced():
    member = StoreMemberFactory()

    answer = as_person(member.user).patch("stores/shop/", email="new@example.test", name="Another", is_default=False)

    store = Store.objects.get()
    assert (answer.status_code, store.email, store.name, store.is_default) == (200, "new@example.test", "Shop", True)


def test_nobody_owns_more_than_a_few_stores(offered, ada, monkeypatch):
    monkeypatch.setattr(services, "MOST_STORES", 1)

    assert as_person(ada).post("stores/", name="One").status_code == 201
    assert outcome(as_person(ada).post("stores/", name="Two")) == (409, "too-many-stores")


def test_the_account_is_a_business_one_while_its_owner_works_in_a_store(ada):
    client = as_person(ada)
    before = client.get("me/").json()["account_type"]
    member = StoreMemberFactory(user=ada, role="clerk")
    there = client.get("me/").json()["account_type"]
    client.patch("me/", account_type="business")
    member.delete()

    assert (before, there, client.get("me/").json()["account_type"]) == ("buyer", "business", "buyer")


def test_one_sees_where_one_works_and_as_what(ada):
    StoreMemberFactory(user=ada, role="manager")
    StoreMemberFactory(store=StoreFactory(slug="other"))

    stores = as_person(ada).get("me/stores/").json()["results"]

    assert [(one["store"]["slug"], one["role"]) for one in stores] == [("shop", "manager")]


def test_the_admin_keeps_an_owner_too(ada):
    store, client = StoreFactory(), boss_client()
    address = f"/admin/stores/store/{store.pk}/change/"
    form = {"name": "Shop", "slug": "shop", "email": "", "is_default": "on", "is_active": "on"}
    form |= {"members-TOTAL_FORMS": "1", "members-INITIAL_FORMS": "0", "members-0-user": str(ada.pk)}

    refused = client.post(address, form | {"members-0-role": "clerk"})
    taken = client.post(address, form | {"members-0-role": "owner"})

    assert "A store that has members has an owner." in refused.content.decode()
    assert (taken.status_code, StoreMember.objects.get().role) == (302, "owner")
