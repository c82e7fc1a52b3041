import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.bulk import services
from apps.bulk.models import BulkChange
from apps.catalog.models import ProductVariant
from apps.catalog.tests.factories import ProductVariantFactory
from apps.common.tests.staff import boss_client, press, staff_client

pytestmark = pytest.mark.django_db

ADD = "/admin/bulk/bulkchange/add/"


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
