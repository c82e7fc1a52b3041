import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.functions import Now
from django.urls import reverse

from apps.bulk import selectors, services
from apps.bulk.models import BulkChange, ProductImport
from apps.catalog.models import Product, ProductVariant
from apps.catalog.tests.factories import ProductVariantFactory, model_kit_type
from apps.common.tests.staff import boss_client, press, staff_client
from apps.stores.tests.factories import StoreFactory

pytestmark = pytest.mark.django_db

ADD = "/admin/bulk/bulkchange/add/"
FILES = "/admin/bulk/bulkchange/product-files/"
ZAKU = b"handle,name,product_type,sku,price_usd\nzaku,Zaku,model-kit,Z-1,19.00\n"


def set_to_three(**choices):
    store = ProductVariant.objects.first().product.store_id
    return {"store": store, "target": "price", "method": "set", "value": "3", **choices}


def page(change):
    return reverse("admin:bulk_bulkchange_change", args=[change.pk])


def button(change, name):
    return reverse("admin:bulk_bulkchange_button", args=[change.pk, name])


def test_staff_see_what_would_happen_make_it_watch_it_and_undo_it():
    variant, client = ProductVariantFactory(), boss_client()
    asked = {"store": variant.product.store.pk, "target": "price", "method": "percent", "value": "10", "note": "Dearer"}

    seen = client.post(ADD, asked, follow=True)
    change = BulkChange.objects.get()
    assert seen.redirect_chain[-1][0] == page(change)
    html = seen.content.decode()
    assert "Price +10 %" in html
    assert variant.sku in html
    assert "0 of 1 made or skipped" in html

    answer = press(client, button(change, "apply"))
    assert answer["Refresh"] == "2"
    services.work_on(change_id=change.pk)

    done = client.get(page(change))
    assert "1 of 1 made or skipped" in done.content.decode()
    assert "Refresh" not in done
    assert ProductVariant.objects.get().price_amount == 11
    press(client, button(change, "undo"), note="A mistake")
    assert BulkChange.objects.get(undoes=change).rows.get().after == 10


def test_a_file_and_a_list_of_skus_are_read_and_a_bad_one_is_said_on_the_form():
    variant, client = ProductVariantFactory(), boss_client()
    asked = {"store": variant.product.store.pk, "target": "price", "method": "each"}

    bad = client.post(ADD, {**asked, "file": SimpleUploadedFile("a.csv", b"sku,value\nA,x\n")})
    none = client.post(ADD, asked)
    good = SimpleUploadedFile("a.csv", f"sku,value\n{variant.sku},12\n".encode())
    client.post(ADD, {**asked, "file": good})
    client.post(ADD, {**asked, "method": "set", "value": "3", "skus": f"{variant.sku}\nNONE"})

    assert "Line 2: “x” is no value" in bad.content.decode()
    assert "Which file?" in none.content.decode()
    by_file, by_list = BulkChange.objects.order_by("pk")
    assert (by_file.rows.get().after, by_file.selection) == (12, {"skus": 1, "source": "a.csv"})
    assert list(by_list.rows.values_list("outcome", flat=True)) == ["refused", "planned"]


def test_a_selection_that_nothing_fits_is_said_as_a_sentence():
    client = boss_client()
    ProductVariantFactory()

    answer = client.post(
        ADD,
        set_to_three(product_status="draft"),
        follow=True,
    )

    assert "No variant fits." in answer.content.decode()
    assert not BulkChange.objects.exists()


def test_who_may_look_only_gets_no_form_and_no_button():
    ProductVariantFactory()
    boss = boss_client()
    boss.post(ADD, set_to_three())
    change = BulkChange.objects.get()
    looker = staff_client("bulk.view_bulkchange")

    assert looker.get(ADD).status_code == 403
    assert (looker.get(page(change)).status_code, looker.get(button(change, "apply")).status_code) == (200, 403)


def test_the_pages_ask_few_questions(django_assert_max_num_queries):
    ProductVariantFactory.create_batch(5)
    client = boss_client()
    client.post(
        ADD,
        set_to_three(),
    )

    with django_assert_max_num_queries(13):
        client.get(page(BulkChange.objects.get()))
    with django_assert_max_num_queries(12):
        client.get(reverse("admin:bulk_bulkchange_changelist"))


def post(client, content, **fields):
    file = SimpleUploadedFile("zaku.csv", content)
    store = StoreFactory().pk
    return client.post(FILES, {"store": store, "kind": "csv", "file": file, **fields}, follow=True)


def bring(client, content, **fields):
    """The page of the import, once the worker has been at it."""
    page = post(client, content, **fields).redirect_chain[-1][0]
    services.run_imports()
    return client.get(page).content.decode()


def test_a_product_file_is_looked_at_first_then_brought_in_and_taken_out_again():
    model_kit_type()
    client = boss_client()

    seen = bring(client, ZAKU, do="look")
    assert "This is what would happen" in seen
    assert not Product.objects.exists()
    bad = bring(client, ZAKU.replace(b"19.00", b"x"), do="import")
    assert "price_usd" in bad
    assert not Product.objects.exists()
    assert "The products are as the file says." in bring(client, ZAKU, do="import")

    product = Product.objects.get()
    for kind in ("csv", "jsonl"):
        content = b"".join(client.get(FILES, {"kind": kind, "store": product.store.slug}))
        assert b"Z-1" in content
        assert "The products are as the file says." in bring(client, content, kind=kind, do="import")
    assert client.get(FILES, {"kind": "exe", "store": product.store.slug}).status_code == 404
    listed = client.get(FILES).content.decode()
    assert [listed.count(state) for state in (": looked at", ": bad rows", ": brought in")] == [1, 1, 3]


def test_the_page_of_an_import_looks_again_until_it_has_ended():
    model_kit_type()
    client = boss_client()

    waits = post(client, ZAKU, do="import")
    page = waits.redirect_chain[-1][0]
    assert waits["Refresh"] == "2"
    assert "It is about to begin" in waits.content.decode()

    ProductImport.objects.update(status="running", begun_at=Now())
    assert "The file is being read" in client.get(page).content.decode()
    ProductImport.objects.update(done=200, total=800)
    runs = client.get(page)
    assert runs["Refresh"] == "2"
    assert "200 of 800 products" in runs.content.decode()
    assert "width: 25%" in runs.content.decode()

    services.run_imports()
    assert "Refresh" not in client.get(page)


def test_a_file_that_was_looked_at_is_brought_in_by_a_button():
    model_kit_type()
    client = boss_client()
    bring(client, ZAKU, do="look")
    wanted = ProductImport.objects.get()
    button = reverse("admin:bulk_productimport_button", args=[wanted.pk, "import"])

    answer = press(client, button)
    assert answer["Refresh"] == "2"
    services.run_imports()

    assert Product.objects.get().slug == "zaku"
    assert "not possible" in press(client, button).content.decode()


def test_a_product_file_that_cannot_be_read_is_refused_on_its_page():
    client = boss_client()

    assert "not in UTF-8" in bring(client, b"\xff")
    assert "split it" in post(client, b"x" * (10 * 1024 * 1024 + 1)).content.decode()
    assert "Which type shall all products have?" in post(client, ZAKU, kind="shopify").content.decode()


def test_who_keeps_products_and_no_stock_takes_files_out_and_brings_none_in():
    StoreFactory()
    looker = staff_client("catalog.view_product", "catalog.add_product", "catalog.change_product")
    stranger = staff_client("bulk.view_bulkchange", email="b@example.test")

    assert "Bring products in" not in looker.get(FILES).content.decode()
    assert looker.post(FILES).status_code == 403
    assert stranger.get(FILES).status_code == 403
    post(boss_client(), ZAKU)
    page = reverse("admin:bulk_productimport_change", args=[ProductImport.objects.get().pk])
    keeper = staff_client(*selectors.BRING_IN, email="c@example.test")
    assert [who.get(page).status_code for who in (keeper, looker, stranger)] == [200, 403, 403]
    assert keeper.get(reverse("admin:bulk_productimport_changelist")).status_code == 200


@pytest.mark.parametrize("what", ["bulkchange", "productimport"])
def test_an_address_that_names_nothing_leads_back_to_the_list(what):
    answer = boss_client().get(f"/admin/bulk/{what}/nothing/change/")

    assert (answer.status_code, "Refresh" in answer) == (302, False)
