"""A product that is in the shop from one moment until another, and nowhere outside."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from apps.catalog import selectors, services
from apps.catalog.exceptions import ProductNotFound, ProductWindowInvalid
from apps.catalog.models import ProductDocument
from apps.catalog.tests.clock import clock_goes_on
from apps.catalog.tests.factories import draft_product, show
from apps.common import audit
from apps.common.clock import database_now

pytestmark = pytest.mark.django_db
PATHS = ["products/", "products/search/?q=zaku", "home/", "categories/"]


@pytest.fixture
def zaku():
    return show(draft_product("zaku", name="Zaku", categories=frozenset({("Kits",)})))[0]


def open_window(product, begins=None, ends=None):
    """In minutes from now."""
    now = database_now()
    moments = [None if minutes is None else now + timedelta(minutes=minutes) for minutes in (begins, ends)]
    services.set_publication_window(product_id=product.pk, publish_from=moments[0], publish_until=moments[1])


def is_found():
    """By the first read of each kind after the clock went on; all must say the same."""
    answers = {path: APIClient().get(f"/api/v1/{path}").json() for path in PATHS}
    found = {
        answers["products/"]["count"],
        answers["products/search/?q=zaku"]["count"],
        len(answers["home/"]["new"]),
        answers["categories/"][0]["product_count"],
        int(APIClient().get("/api/v1/products/zaku/").status_code == 200),
        len(APIClient().get("/api/v1/products/suggest/?q=zaku").json()["products"]),
    }
    assert len(found) == 1, answers
    return bool(found.pop())


def test_it_is_seen_within_its_window_and_neither_before_nor_after(zaku):
    open_window(zaku, begins=30, ends=90)
    assert not is_found()

    clock_goes_on(minutes=45)
    assert is_found()

    clock_goes_on(minutes=50)
    assert not is_found()
    assert list(audit.run()) == []


@pytest.mark.parametrize("path", ["products/suggest/?q=zaku", "products/zaku/", "products/search/?q=zaku"])
def test_whoever_looks_first_after_its_end_does_not_find_it(zaku, path):
    open_window(zaku, ends=30)
    assert "zaku" in APIClient().get(f"/api/v1/{path}").json().get("slug", "zaku")

    clock_goes_on(minutes=31)

    assert '"slug":"zaku"' not in APIClient().get(f"/api/v1/{path}").content.decode()
    assert not ProductDocument.objects.exists()


def test_nothing_hangs_on_its_page_any_more_though_its_document_is_still_there(zaku):
    open_window(zaku, ends=30)
    clock_goes_on(minutes=31)

    with pytest.raises(ProductNotFound):
        selectors.get_document("zaku")
    assert ProductDocument.objects.exists()


def test_it_is_new_when_it_is_first_shown(zaku):
    show(draft_product("gouf"))
    open_window(zaku, begins=30)
    clock_goes_on(minutes=30)

    zaku.refresh_from_db()
    listed = APIClient().get("/api/v1/products/").json()["results"]
    assert [card["slug"] for card in listed] == ["zaku", "gouf"]
    assert selectors.get_detail("zaku")["published_at"] == zaku.publish_from.isoformat().replace("+00:00", "Z")


def test_a_window_that_ends_before_it_begins_is_refused(zaku):
    with pytest.raises(ProductWindowInvalid) as refusal:
        open_window(zaku, begins=30, ends=20)

    assert refusal.value.errors == {"publish_until": ["It must end after it begins."]}
    assert is_found()


def test_without_moments_it_is_always_in_the_shop(zaku):
    open_window(zaku, begins=30)
    services.set_publication_window(product_id=zaku.pk)

    assert is_found()
