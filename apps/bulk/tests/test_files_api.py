import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from apps.bulk.models import ProductImport
from apps.bulk.tasks import run_imports
from apps.catalog.models import Product
from apps.catalog.tests.factories import draft_product, model_kit_type, show
from apps.catalog.tests.keeping import catalogue_staff, member_of, staff
from apps.inventory.models import StockMovement
from apps.outbox.models import OutboxMessage
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


def bring(keeper, content, **said):
    """What came of it, once the worker has been at it."""
    taken = upload(keeper, content, **said)
    assert taken.status_code == 202, taken.json()
    run_imports()
    return ask(keeper, taken.json())


def ask(keeper, wanted):
    return keeper.get(wanted["url"].removeprefix("/api/v1/")).json()


def test_a_file_is_looked_at_first_and_then_made_so():
    model_kit_type()
    StoreFactory()
    keeper = keeper_of_all()

    seen = bring(keeper, ZAKU, key="1")
    assert (seen["status"], seen["report"]["created"], seen["report"]["is_written"]) == ("ended", 1, False), seen
    assert not Product.objects.exists()

    made = [bring(keeper, ZAKU, key="2", is_dry_run="false") for _ in range(2)]
    assert [(one["report"]["created"], one["report"]["is_written"]) for one in made] == [(1, True)] * 2
    assert Product.objects.get().status == "published"


def test_who_brings_a_file_is_answered_before_anything_is_done_and_asks_how_far_it_is():
    StoreFactory()
    keeper = keeper_of_all()

    taken = upload(keeper, ZAKU, is_dry_run="false").json()

    assert (taken["status"], taken["done"], taken["total"], taken["report"]) == ("waiting", 0, 0, None)
    assert (taken["file_name"], taken["brought_by"], taken["problem"]) == ("products.txt", keeper.user.email, "")
    assert ask(keeper, taken) == taken
    assert OutboxMessage.objects.get().payload == {"import_id": ProductImport.objects.get().pk}


def test_a_file_that_was_looked_at_is_brought_in_without_a_second_upload():
    model_kit_type()
    StoreFactory()
    looker, keeper = keeper_of_all(), keeper_of_all()
    seen = bring(looker, ZAKU)
    assert seen["can_be_made"]
    address = f"product-imports/{seen['id']}/import/"

    answers = [keeper.post(address, {}, **{"Idempotency-Key": "yes"}) for _ in range(2)]
    run_imports()

    assert [answer.status_code for answer in answers] == [202, 202]
    assert [answer.json()["status"] for answer in answers] == ["waiting", "waiting"]
    made = ask(keeper, seen)
    assert (made["is_dry_run"], made["report"]["is_written"], made["can_be_made"]) == (False, True, False)
    assert (made["brought_by"], made["done"], made["total"]) == (keeper.user.email, 1, 1)
    again = keeper.post(address, {}, **{"Idempotency-Key": "again"})
    assert (again.status_code, again.json()["code"]) == (409, "product-import-not-possible")
    assert Product.objects.count() == 1


def test_a_file_with_bad_rows_is_brought_in_only_by_who_wants_them_left_out():
    model_kit_type()
    StoreFactory()
    keeper = keeper_of_all()
    content = ZAKU + b"gouf,Gouf,model-kit,G-1,x\n"
    strict, lenient = (bring(keeper, content, key=str(skip), skip_bad_rows=skip) for skip in (False, True))

    answers = [
        keeper.post(f"product-imports/{seen['id']}/import/", {}, **{"Idempotency-Key": seen["id"]})
        for seen in (strict, lenient)
    ]
    run_imports()

    assert [answer.status_code for answer in answers] == [409, 202]
    assert Product.objects.get().slug == "zaku"


def test_bad_rows_are_told_by_line_and_nothing_is_written():
    model_kit_type()
    StoreFactory()

    report = bring(keeper_of_all(), ZAKU.replace(b"19.00", b"x"), is_dry_run="false")["report"]

    assert [(one["line"], one["column"]) for one in report["problems"]] == [(2, "price_usd")]
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("content", "fields", "answer"),
    [
        (ZAKU, {"kind": "shopify"}, (400, "invalid-input")),
        (b"x" * (10 * 1024 * 1024 + 1), {}, (400, "invalid-input")),
        (ZAKU, {"store": "nowhere"}, (404, "store-not-found")),
    ],
    ids=["no type", "too large", "no store"],
)
def test_what_needs_no_reading_is_refused_at_once(content, fields, answer):
    StoreFactory()

    refused = upload(keeper_of_all(), content, **fields)

    assert (refused.status_code, refused.json()["code"]) == answer
    assert not ProductImport.objects.exists()


@pytest.mark.parametrize(
    ("content", "kind", "sentence"),
    [(b"\xff", "csv", "Line 1 is not in UTF-8"), (b"x\n", "jsonl", "Line 1 is no JSON in UTF-8.")],
    ids=["no text", "no jsonl"],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(content, kind, sentence):
    StoreFactory()

    refused = bring(keeper_of_all(), content, kind=kind)

    assert (refused["status"], refused["report"], refused["can_be_made"]) == ("refused", None, False)
    assert sentence in refused["problem"]
    assert "/tmp" not in refused["problem"]  # noqa: S108  no path of ours is told


def test_what_is_downloaded_can_be_uploaded_again():
    show(draft_product("zaku"), draft_product("gouf"))
    keeper = keeper_of_all()

    for kind in ("jsonl", "csv"):
        answer = keeper.get(f"product-files/?kind={kind}")
        content = b"".join(answer)
        assert answer["Content-Disposition"].endswith(f'.{kind}"')
        again = bring(keeper, content, key=kind, kind=kind, is_dry_run="false")["report"]
        assert (again["unchanged"], again["problems"]) == (2, []), again


def test_members_download_their_store_and_upload_nothing():
    show(draft_product("zaku"))
    other = StoreFactory(slug="other", is_default=False)
    seller = member_of(other)

    assert b"zaku" not in b"".join(seller.get("product-files/"))
    assert seller.get(f"product-files/?store={Product.objects.get().store.slug}").status_code == 404
    assert upload(seller, ZAKU).status_code == 403


def test_how_far_a_file_is_hear_those_alone_who_may_bring_one():
    store = StoreFactory()
    wanted = upload(keeper_of_all(), ZAKU).json()
    seller, looker = member_of(store), catalogue_staff()

    for who in (seller, looker):
        assert who.get(f"product-imports/{wanted['id']}/").status_code == 403
        assert who.post(f"product-imports/{wanted['id']}/import/", {}, **{"Idempotency-Key": "1"}).status_code == 403
    gone = keeper_of_all().get("product-imports/01890000-0000-7000-8000-000000000000/")
    assert (gone.status_code, gone.json()["code"]) == (404, "product-import-not-found")


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_stock_that_a_file_brings_is_written_down_under_who_brought_it(kind):
    show(draft_product("zaku"))
    keeper = keeper_of_all()
    content = ZAKU.replace(b"price_usd", b"price_usd,stock").replace(b"19.00", b"19.00,7").replace(b"Z-1", b"ZAKU-1")
    bring(keeper, content, key="1", is_dry_run="false")
    if kind == "jsonl":
        content = b"".join(keeper.get("product-files/?kind=jsonl"))
    content = content.replace(b'"on_hand": 7', b'"on_hand": 5').replace(b"19.00,7", b"19.00,5")

    report = bring(keeper, content, key="2", kind=kind, is_dry_run="false", set_stock="true")["report"]

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

    bring(keeper, ZAKU.replace(b"zaku,", b"dom,"), key="1", is_dry_run="false", store="soon")
    report = bring(keeper, content, key="2", kind="jsonl", is_dry_run="false", store="soon")["report"]

    assert Product.objects.get(slug="dom").status == "draft"
    assert [problem["column"] for problem in report["problems"]] == ["status"]
    assert not Product.objects.filter(slug="gouf").exists()
