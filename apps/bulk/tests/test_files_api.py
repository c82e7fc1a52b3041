import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from apps.catalog.models import Product
from apps.catalog.tests.factories import draft_product, model_kit_type, show
from apps.catalog.tests.keeping import catalogue_staff, member_of, staff
from apps.inventory.models import StockMovement
from apps.stores.tests.factories import StoreFactory

pytestmark = pytest.mark.django_db

FILES = "/api/v1/product-files/"
ZAKU = b"handle,name,product_type,sku,price_usd\nzaku,Zaku,model-kit,Z-1,19.00\n"


def keeper_of_all():
    """As the role Catalogue has it."""
    return staff(*(f"catalog.{action}_product" for action in ("view", "add", "change")), "inventory.change_stockitem")


def upload(keeper, content, key="once", kind="csv", **fields):
    client = APIClient(headers={"Idempotency-Key": key})
    client.force_authenticate(keeper.user)
    file = SimpleUploadedFile("products.txt", content)
    return client.post(FILES, {"file": file, "kind": kind, **fields}, format="multipart")


def test_a_file_is_looked_at_first_and_then_made_so():
    model_kit_type()
    StoreFactory()
    keeper = keeper_of_all()

    seen = upload(keeper, ZAKU, key="1")
    assert (seen.status_code, seen.json()["created"], seen.json()["is_written"]) == (200, 1, False), seen.json()
    assert not Product.objects.exists()

    made = [upload(keeper, ZAKU, key="2", is_dry_run="false") for _ in range(2)]
    assert [(answer.json()["created"], answer.json()["is_written"]) for answer in made] == [(1, True)] * 2
    assert Product.objects.get().status == "published"


def test_bad_rows_are_told_by_line_and_nothing_is_written():
    model_kit_type()
    StoreFactory()

    report = upload(keeper_of_all(), ZAKU.replace(b"19.00", b"x"), is_dry_run="false").json()

    assert [(one["line"], one["column"]) for one in report["problems"]] == [(2, "price_usd")]
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("content", "fields", "answer"),
    [
        (b"\xff", {}, (422, "product-file-refused")),
        (b"x\n", {"kind": "jsonl"}, (422, "product-file-refused")),
        (ZAKU, {"kind": "shopify"}, (400, "invalid-input")),
        (b"x" * (2 * 1024 * 1024 + 1), {}, (400, "invalid-input")),
        (ZAKU, {"store": "nowhere"}, (404, "store-not-found")),
    ],
    ids=["no text", "no jsonl", "no type", "too large", "no store"],
)
def test_a_file_that_cannot_be_read_is_refused(content, fields, answer):
    StoreFactory()

    refused = upload(keeper_of_all(), content, **fields)

    assert (refused.status_code, refused.json()["code"]) == answer
    assert "/tmp" not in refused.content.decode()  # noqa: S108  no path of ours is told


def test_what_is_downloaded_can_be_uploaded_again():
    show(draft_product("zaku"), draft_product("gouf"))
    keeper = keeper_of_all()

    for kind in ("jsonl", "csv"):
        answer = keeper.get(f"product-files/?kind={kind}")
        content = b"".join(answer)
        assert answer["Content-Disposition"].endswith(f'.{kind}"')
        again = upload(keeper, content, key=kind, kind=kind, is_dry_run="false").json()
        assert (again["unchanged"], again["problems"]) == (2, []), again


def test_members_download_their_store_and_upload_nothing():
    show(draft_product("zaku"))
    other = StoreFactory(slug="other", is_default=False)
    seller = member_of(other)

    assert b"zaku" not in b"".join(seller.get("product-files/"))
    assert seller.get(f"product-files/?store={Product.objects.get().store.slug}").status_code == 404
    assert upload(seller, ZAKU).status_code == 403


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_stock_that_a_file_brings_is_written_down_under_who_brought_it(kind):
    show(draft_product("zaku"))
    keeper = keeper_of_all()
    content = ZAKU.replace(b"price_usd", b"price_usd,stock").replace(b"19.00", b"19.00,7").replace(b"Z-1", b"ZAKU-1")
    upload(keeper, content, key="1", is_dry_run="false")
    if kind == "jsonl":
        content = b"".join(keeper.get("product-files/?kind=jsonl"))
    content = content.replace(b'"on_hand": 7', b'"on_hand": 5').replace(b"19.00,7", b"19.00,5")

    report = upload(keeper, content, key="2", kind=kind, is_dry_run="false", set_stock="true").json()

    assert report["stock_corrected"] == 1, report
    moved = StockMovement.objects.order_by("pk").values_list("delta", "actor")
    assert list(moved) == [(7, keeper.user.pk), (-2, keeper.user.pk)]


def test_who_keeps_products_alone_brings_no_stock():
    show(draft_product("zaku"))

    assert upload(catalogue_staff(), ZAKU, set_stock="true").status_code == 403


def test_a_store_that_is_not_open_yet_shows_nothing_that_a_file_brings():
    show(draft_product("zaku"))
    keeper = keeper_of_all()
    content = b"".join(keeper.get("product-files/?kind=jsonl")).replace(b"zaku", b"gouf").replace(b"ZAKU", b"GOUF")
    StoreFactory(slug="soon", is_default=False, is_active=False)

    upload(keeper, ZAKU.replace(b"zaku,", b"dom,"), key="1", is_dry_run="false", store="soon")
    report = upload(keeper, content, key="2", kind="jsonl", is_dry_run="false", store="soon").json()

    assert Product.objects.get(slug="dom").status == "draft"
    assert [problem["column"] for problem in report["problems"]] == ["status"]
    assert not Product.objects.filter(slug="gouf").exists()
