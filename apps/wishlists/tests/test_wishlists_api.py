import pytest
from rest_framework.test import APIClient

from apps.accounts.tests.factories import UserFactory
from apps.accounts.tests.signing_in import client_with, sign_in
from apps.catalog import services as catalog
from apps.common.logs import TokenFilter
from apps.fx_rates.tests.factories import RateFactory
from apps.wishlists import services
from apps.wishlists.models import Wishlist, WishlistShare
from apps.wishlists.tests.factories import goods, set_price, sister

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return UserFactory(email="ada@example.test", first_name="Ada", last_name="Lovelace", language="en")


@pytest.fixture
def client(ada):
    return client_with(sign_in(ada).access)


def send(client, method, path, status, **body):
    answer = getattr(client, method)(f"/api/v1/{path}", body, format="json")
    assert answer.status_code == status, answer.content
    return answer.json() if answer.content else None


def get(path, client=None, status=200):
    answer = (client or APIClient()).get(f"/api/v1/{path}")
    assert answer.status_code == status, answer.content
    return answer.json()


def shared(client, wishlist="favourites", **options):
    return send(client, "post", f"wishlists/{wishlist}/share/", 201, **options)


def test_the_favourites_need_no_making_and_the_same_again_answers_the_same(client):
    product = goods(price="20.00")

    first = send(client, "post", "wishlists/favourites/items/", 201, product=product.slug, note="for Bo")
    again = send(client, "post", "wishlists/favourites/items/", 201, product=str(product.public_id), note="for Cy")

    assert again == first
    assert (first["note"], first["added_price"], first["price_change"]["amount"]) == (
        "for Bo",
        {"amount": "20.00", "currency": "USD"},
        "0.00",
    )
    [favourites] = get("wishlists/", client)["results"]
    assert (favourites["name"], favourites["is_default"], favourites["item_count"]) == ("Favourites", True, 1)


def test_an_item_carries_the_card_of_the_product_lists(client):
    RateFactory()
    product = goods()
    send(client, "post", "wishlists/favourites/items/", 201, product=product.slug)

    [wish] = get("wishlists/favourites/items/", client)["results"]

    [card] = get("products/")["results"]
    assert wish["card"] == card
    assert card["local_price"]["currency"] == "VES"


def test_what_is_no_longer_sold_is_shown_as_such(client):
    product = goods()
    variant = sister(product, "30.00")
    send(client, "post", "wishlists/favourites/items/", 201, product=product.slug, variant=str(variant.public_id))
    catalog.delete_product(product_id=product.pk)

    [wish] = get("wishlists/favourites/items/", client)["results"]

    assert (wish["is_sold"], wish["card"], wish["price"], wish["price_change"]) == (False, None, None, None)
    assert (wish["product"]["name"], wish["variant"]["title"]) == ("RX", "L")


def test_lists_are_made_renamed_filled_from_each_other_and_deleted(client):
    later = send(client, "post", "wishlists/", 201, name="Later")["id"]
    wish = send(client, "post", "wishlists/favourites/items/", 201, product=goods().slug)["id"]

    moved = send(client, "patch", f"wishlists/favourites/items/{wish}/", 200, note="one day", wishlist=later)
    renamed = send(client, "patch", f"wishlists/{later}/", 200, name="Much later")

    assert moved["note"] == "one day"
    assert (renamed["name"], renamed["item_count"]) == ("Much later", 1)
    assert get("wishlists/favourites/items/", client)["count"] == 0
    assert send(client, "delete", "wishlists/favourites/", 409)["code"] == "wishlist-is-default"
    send(client, "delete", f"wishlists/{later}/items/{wish}/", 204)
    send(client, "delete", f"wishlists/{later}/", 204)
    assert get(f"wishlists/{later}/", client, status=404)["code"] == "wishlist-not-found"


def test_a_page_of_a_list_costs_as_many_questions_as_one_item(client, django_assert_max_num_queries):
    for number in range(5):
        send(client, "post", "wishlists/favourites/items/", 201, product=goods(f"rx-{number}").slug)
    get("wishlists/favourites/items/", client)

    with django_assert_max_num_queries(7):
        assert len(get("wishlists/favourites/items/", client)["results"]) == 5


def test_whoever_has_a_link_reads_names_and_cards_and_nothing_private(client, ada):
    product = goods()
    send(client, "post", "wishlists/favourites/items/", 201, product=product.slug, note="a secret")
    link = shared(client)

    page = get(f"shared-wishlists/{link['token']}/")

    assert page["wishlist"] == {"name": "Favourites", "owner_name": "Ada", "expires_at": link["expires_at"]}
    [wish] = page["results"]
    assert (wish["product"]["slug"], wish["card"]["slug"], wish["note"]) == ("rx", "rx", "")
    for word in ("ada@example.test", "Lovelace", "a secret", "added_price", str(ada.public_id)):
        assert word not in str(page)
    assert link["url"].endswith(f"/wishlists/{link['token']}")
    assert not WishlistShare.objects.filter(token_hash__contains=link["token"]).exists()


def test_notes_are_shown_if_the_owner_says_so_and_openings_are_counted(client):
    for number in range(2):
        send(client, "post", "wishlists/favourites/items/", 201, product=goods(f"rx-{number}").slug, note="Size L")
    token = shared(client, shows_notes=True)["token"]

    assert get(f"shared-wishlists/{token}/?page_size=1")["results"][0]["note"] == "Size L"
    get(f"shared-wishlists/{token}/?page_size=1&page=2")
    get(f"shared-wishlists/{token}/")

    [link] = get("wishlists/favourites/share/", client)["results"]
    assert link["opened_count"] == 2
    assert link["last_opened_at"]
    assert "token" not in link


def expired(client, link):
    WishlistShare.objects.update(expires_at="2026-01-01T00:00Z")


def revoked(client, link):
    send(client, "delete", f"wishlists/favourites/share/{link['id']}/", 204)


def private(client, link):
    send(client, "patch", "wishlists/favourites/", 200, privacy="private")


def locked(client, link):
    Wishlist.objects.get().owner.__class__.objects.update(is_active=False)


@pytest.mark.parametrize("end", [expired, revoked, private, locked])
def test_a_link_that_is_over_is_like_one_that_never_was(client, end):
    link = shared(client)
    assert get("wishlists/favourites/", client)["privacy"] == "by_link"

    end(client, link)

    never = get(f"shared-wishlists/{'x' * 43}/", status=404)
    over = get(f"shared-wishlists/{link['token']}/", status=404)
    assert {**over, "instance": ""} == {**never, "instance": ""}
    assert over["code"] == "wishlist-link-not-found"


def test_a_list_that_was_closed_opens_no_old_link_when_it_is_shared_again(client):
    old = shared(client)["token"]
    send(client, "patch", "wishlists/favourites/", 200, privacy="private")

    new = shared(client)["token"]

    assert get(f"shared-wishlists/{old}/", status=404)["code"] == "wishlist-link-not-found"
    assert get(f"shared-wishlists/{new}/")["results"] == []


def test_so_many_links_lead_to_a_list_and_no_more(client, ada):
    links = [shared(client) for _ in range(10)]
    assert send(client, "post", "wishlists/favourites/share/", 409)["code"] == "wishlist-links-full"

    for link in links:
        revoked(client, link)
    shared(client, days=365)

    assert WishlistShare.objects.count() == 1
    assert send(client, "post", "wishlists/favourites/share/", 400, days=366)["errors"]["days"]


def test_alerts_are_asked_for_shown_and_ended(client, ada):
    product = goods(price="20.00")
    body = {"kind": "price_drop", "product": product.slug, "target_price": {"amount": "15.00", "currency": "USD"}}

    made = send(client, "post", "price-alerts/", 201, **body)
    assert send(client, "post", "price-alerts/", 201, **body) == made
    set_price(product, "14.00")
    services.take_alert(alert_id=ada.price_alerts.get().pk)

    [alert] = get("price-alerts/", client)["results"]
    assert (alert["id"], alert["status"], alert["told_price"]["amount"]) == (made["id"], "waiting", "14.00")
    assert (alert["asked_price"]["amount"], alert["price"]["amount"]) == ("20.00", "14.00")
    assert alert["card"]["slug"] == "rx"
    send(client, "delete", f"price-alerts/{made['id']}/", 204)
    assert get("price-alerts/", client)["count"] == 0


def test_an_alert_for_what_can_be_bought_and_a_target_that_is_met_are_refused(client):
    product = goods(price="20.00").slug
    price = {"amount": "20.00", "currency": "USD"}

    back = send(client, "post", "price-alerts/", 409, kind="back_in_stock", product=product)
    dear = send(client, "post", "price-alerts/", 422, kind="price_drop", product=product, target_price=price)

    assert (back["code"], dear["code"]) == ("price-alert-already-met", "price-alert-target")
    assert "20.00 USD" in dear["errors"]["target_price"][0]


def test_a_link_that_works_stands_in_no_log(client, caplog):
    token, hide = shared(client)["token"], TokenFilter()
    caplog.handler.addFilter(hide)

    try:
        get(f"shared-wishlists/{token}/?page=9", status=404)
    finally:
        caplog.handler.removeFilter(hide)

    assert "/shared-wishlists/…/" in caplog.text
    assert token not in caplog.text
