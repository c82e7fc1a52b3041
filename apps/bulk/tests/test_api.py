import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from apps.bulk.models import BulkChange
from apps.catalog.models import ProductVariant
from apps.catalog.tests.factories import ProductVariantFactory
from apps.catalog.tests.keeping import member_of, staff
from apps.outbox import services as outbox
from apps.stores.models import StoreRole
from apps.stores.tests.factories import StoreFactory

pytestmark = pytest.mark.django_db

RAISE = {"target": "price", "method": "add", "value": "1.00"}


def keeper():
    return staff("bulk.view_bulkchange", "bulk.add_bulkchange", "bulk.change_bulkchange")


def apply(keeper, change):
    return keeper.post(f"bulk-changes/{change['id']}/apply/", {}, **{"Idempotency-Key": change["id"]})


def test_a_change_is_seen_made_watched_and_undone():
    variant, who = ProductVariantFactory(), keeper()

    seen = who.post("bulk-changes/", {**RAISE, "skus": [variant.sku, "NONE"], "note": "Dearer"})
    assert seen.status_code == 201, seen.json()
    change = seen.json()
    assert (change["status"], change["rule"], change["progress"]["total"]) == ("previewed", "Price +1", 1)
    assert who.get(f"bulk-changes/{change['id']}/rows/?outcome=planned").json()["results"] == [
        {"sku": variant.sku, "before": "10.0000", "after": "11.0000", "outcome": "planned", "reason": ""}
    ]

    answers = [apply(who, change) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    outbox.drain()

    done = who.get(f"bulk-changes/{change['id']}/").json()
    assert (done["status"], done["applied_by"], done["note"]) == ("applied", who.user.email, "Dearer")
    assert done["progress"] == {"done": 1, "total": 1, "applied": 1, "skipped": 0, "refused": 1, "unchanged": 0}
    assert ProductVariant.objects.get().price_amount == 11

    undoing = who.post(f"bulk-changes/{change['id']}/undo/", {}).json()
    assert (undoing["undoes"], undoing["method"]) == (change["id"], "undo")
    assert apply(who, undoing).status_code == 202
    outbox.drain()
    assert ProductVariant.objects.get().price_amount == 10
    assert [one["id"] for one in who.get("bulk-changes/").json()["results"]] == [undoing["id"], change["id"]]


def test_a_preview_may_be_discarded_and_is_never_made():
    ProductVariantFactory()
    who = keeper()
    change = who.post("bulk-changes/", RAISE).json()

    assert who.delete(f"bulk-changes/{change['id']}/").status_code == 204

    refused = apply(who, change)
    assert (refused.status_code, refused.json()["status_now"]) == (409, "discarded")


def test_a_file_is_uploaded_and_says_what_each_shall_have():
    variant, who = ProductVariantFactory(), keeper()
    client = APIClient()
    client.force_authenticate(who.user)
    file = SimpleUploadedFile("prices.csv", f"sku,value\n{variant.sku},12.50\n".encode())

    answer = client.post("/api/v1/bulk-changes/from-file/", {"target": "price", "file": file}, format="multipart")

    assert (answer.status_code, answer.json()["rule"]) == (201, "Price each as the file says")
    assert BulkChange.objects.get().rows.get().after == 12.5


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**RAISE, "method": "undo"}, "method"),
        ({**RAISE, "method": "each"}, "values"),
        ({**RAISE, "values": {"A": "1"}}, "values"),
        ({**RAISE, "value": "NaN"}, "value"),
        ({**RAISE, "ending": "1.00"}, "ending"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(body, field):
    StoreFactory()

    refused = keeper().post("bulk-changes/", body)

    assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])


def test_members_change_their_own_store_alone():
    own, other = ProductVariantFactory(), ProductVariantFactory(product__store=StoreFactory(slug="b", is_default=False))
    seller, rival = member_of(own.product.store), member_of(other.product.store)
    clerk = member_of(own.product.store, StoreRole.CLERK)

    change = seller.post("bulk-changes/", {**RAISE, "skus": [own.sku, other.sku]}).json()

    assert (change["progress"]["total"], change["progress"]["refused"]) == (1, 1)
    assert rival.get(f"bulk-changes/{change['id']}/").status_code == 404
    assert apply(rival, change).status_code == 404
    assert (clerk.get(f"bulk-changes/{change['id']}/").status_code, apply(clerk, change).status_code) == (200, 403)
    assert clerk.post("bulk-changes/", RAISE).status_code == 403
    assert seller.post("bulk-changes/", {**RAISE, "store": other.product.store.slug}).status_code == 404
