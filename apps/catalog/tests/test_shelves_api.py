import pytest

from apps.catalog.models import Category, ProductDocument, Tag
from apps.catalog.tests.factories import draft_product, show
from apps.catalog.tests.keeping import catalogue_staff, member_of
from apps.stores.tests.factories import StoreFactory

pytestmark = pytest.mark.django_db


def test_a_category_is_made_moved_renamed_and_taken_away_and_products_show_it_at_once():
    show(draft_product("zaku", categories=frozenset({("Kits",)})))
    keeper = catalogue_staff()

    made = keeper.post("categories/", {"name": "Models"})
    inside = keeper.post("categories/", {"name": "Zeon", "slug": "of-zeon", "parent": "models", "names": {}})
    moved = keeper.patch("categories/kits/", {"parent": "of-zeon", "slug": "model-kits"})

    assert (made.status_code, made.json()) == (201, {"slug": "models", "name": "Models", "parent": None, "names": {}})
    assert inside.json()["parent"] == "models"
    assert moved.json() == {"slug": "model-kits", "name": "Kits", "parent": "of-zeon", "names": {}}
    assert ProductDocument.objects.get().category_slugs == ["model-kits", "models", "of-zeon"]
    assert keeper.patch("categories/model-kits/", {"parent": None, "names": {}}).json()["parent"] is None
    assert keeper.delete("categories/model-kits/").status_code == 204
    assert ProductDocument.objects.get().category_slugs == []


def test_a_category_does_not_stand_in_itself_or_beside_one_of_its_name():
    keeper = catalogue_staff()
    keeper.post("categories/", {"name": "Kits"})
    keeper.post("categories/", {"name": "Zeon", "parent": "kits", "names": {}})
    keeper.post("categories/", {"name": "Zeon", "slug": "zeon-2"})

    inside = keeper.patch("categories/kits/", {"parent": "zeon", "names": {}})
    twin = keeper.patch("categories/zeon-2/", {"parent": "kits", "names": {}})
    nowhere = keeper.post("categories/", {"name": "New", "parent": "nowhere", "names": {}})
    full = keeper.delete("categories/kits/")

    refusals = [
        (answer.status_code, sorted(answer.json().get("errors", {}))) for answer in (inside, twin, nowhere, full)
    ]
    assert refusals == [(422, ["parent"]), (422, ["name"]), (422, ["parent"]), (422, [])]
    assert keeper.patch("categories/none/", {}).json()["code"] == "category-not-found"
    assert Category.objects.get(slug="zeon-2").is_root()


def test_a_tag_is_made_renamed_and_taken_away():
    show(draft_product("zaku", tags=frozenset({"green"})))
    keeper = catalogue_staff()

    assert keeper.post("tags/", {"name": "Of Zeon"}).json() == {"slug": "of-zeon", "name": "Of Zeon", "names": {}}
    assert keeper.post("tags/", {"name": "Other", "slug": "of-zeon"}).json()["code"] == "tag-invalid"
    assert keeper.post("tags/", {"name": "…"}).json()["code"] == "tag-invalid"
    assert keeper.patch("tags/green/", {"name": "Moss"}).json()["name"] == "Moss"
    assert ProductDocument.objects.get().detail["tags"] == [{"slug": "green", "name": "Moss"}]
    assert keeper.delete("tags/green/").status_code == 204
    assert keeper.delete("tags/green/").json()["code"] == "tag-not-found"
    assert list(Tag.objects.values_list("slug", flat=True)) == ["of-zeon"]


def test_shelves_are_not_for_members_of_a_store_to_change():
    assert member_of(StoreFactory()).post("categories/", {"name": "Mine"}).status_code == 403
    assert not Category.objects.exists()
