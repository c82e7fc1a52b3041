from decimal import Decimal
from io import BytesIO

import pytest

from apps.accounts.tests.factories import UserFactory
from apps.bulk import selectors, services
from apps.bulk.exceptions import BulkChangeInvalid, BulkChangeNotPossible
from apps.bulk.models import BulkChange, ChangeStatus, Method, Outcome, Target
from apps.bulk.rules import Rule
from apps.bulk.services import Selection, applying
from apps.catalog import services as catalog
from apps.catalog.models import Product, ProductDocument, ProductVariant
from apps.catalog.tests.factories import draft_product, draft_variant, show
from apps.inventory.models import MovementReason, StockItem
from apps.inventory.services import adjust_on_hand
from apps.inventory.tests.factories import StockItemFactory
from apps.outbox.models import OutboxMessage
from apps.stores.tests.factories import StoreFactory

pytestmark = pytest.mark.django_db

UP_TEN_PERCENT = Rule(Target.PRICE, Method.PERCENT, Decimal(10), Decimal("0.99"))


def preview(rule, **selection):
    return services.preview_change(
        store=StoreFactory(), rule=rule, selection=Selection(**selection), actor_id=UserFactory().pk
    )


def make(change):
    services.apply_change(change_id=change.pk, actor_id=change.actor_id)
    services.work_on(change_id=change.pk)
    change.refresh_from_db()
    return change


def rows(change):
    return {row.sku: (row.before, row.after, row.outcome) for row in change.rows.order_by("place")}


def prices():
    return dict(ProductVariant.objects.values_list("sku", "price_amount"))


def three_kits():
    show(
        draft_product("gouf", variants=(draft_variant("GOUF", "20.00"),), categories=frozenset({("Kits", "MG")})),
        draft_product("zaku", variants=(draft_variant("ZAKU", "10.00", compare_at_amount=Decimal("10.50")),)),
        draft_product("dom", variants=(draft_variant("DOM", "11.00"),), categories=frozenset({("Kits",)})),
    )


def test_a_preview_tells_what_would_become_of_each_variant_and_changes_nothing():
    three_kits()

    change = preview(UP_TEN_PERCENT)

    assert rows(change) == {
        "GOUF": (Decimal(20), Decimal("21.99"), Outcome.PLANNED),
        "ZAKU": (Decimal(10), None, Outcome.REFUSED),
        "DOM": (Decimal(11), Decimal("11.99"), Outcome.PLANNED),
    }
    assert "not be below the price before the offer, 10.50 USD" in change.rows.get(sku="ZAKU").reason
    assert prices() == {"GOUF": 20, "ZAKU": 10, "DOM": 11}
    assert change.rule == "Price +10 %, ending in .99"


@pytest.mark.parametrize(
    ("where", "skus"),
    [
        ({"category": "kits"}, ["DOM", "GOUF"]),
        ({"category": "mg", "search": "gou"}, ["GOUF"]),
        ({"search": "ZAK"}, ["ZAKU"]),
        ({"product_type": "model-kit", "status": "published"}, ["DOM", "GOUF", "ZAKU"]),
    ],
)
def test_a_selection_is_narrowed_as_lists_are(where, skus):
    three_kits()

    assert sorted(rows(preview(UP_TEN_PERCENT, where=where))) == skus


def test_what_was_shown_is_what_happens_and_shoppers_see_it():
    three_kits()
    version = Product.objects.get(slug="dom").version

    change = make(preview(UP_TEN_PERCENT, where={"category": "kits"}))

    assert (change.status, change.applied_by, change.ended_at is not None) == (
        ChangeStatus.APPLIED,
        change.actor,
        True,
    )
    assert prices() == {"GOUF": Decimal("21.99"), "ZAKU": 10, "DOM": Decimal("11.99")}
    assert ProductDocument.objects.get(slug="dom").price_from == Decimal("11.99")
    assert Product.objects.get(slug="dom").version != version
    assert selectors.progress_of(change) == selectors.Progress(applied=2)
    latest = ProductVariant.pgh_event_model.objects.latest("pgh_id")
    assert latest.pgh_context.metadata == {"user": change.applied_by_id, "through": f"bulk change {change.pk}"}


def test_what_somebody_changed_since_the_preview_is_left_alone_and_told():
    three_kits()
    change = preview(Rule(Target.PRICE, Method.ADD, Decimal(1)), values=dict.fromkeys(["GOUF", "DOM"]))
    catalog.update_product(product_id=Product.objects.get(slug="dom").pk, variants=(draft_variant("DOM", "12.00"),))

    make(change)

    assert (prices()["DOM"], prices()["GOUF"]) == (12, 21)
    skipped = change.rows.get(outcome=Outcome.SKIPPED)
    assert (skipped.sku, skipped.reason) == ("DOM", "It is 12.00 USD now: somebody has changed it since.")


def test_a_price_that_would_not_be_above_an_offer_stays_and_is_told():
    three_kits()
    variant = ProductVariant.objects.get(sku="GOUF")
    catalog.make_offers(variant_ids=[variant.pk], price_amount=Decimal("19.50"))
    change = make(preview(Rule(Target.PRICE, Method.ADD, Decimal("-0.50")), values=dict.fromkeys(["GOUF", "DOM"])))

    assert (prices()["DOM"], prices()["GOUF"]) == (Decimal("10.50"), 20)
    reason = "It has an offer for 19.50 USD that is not over; it must stay above that."
    assert change.rows.get(outcome=Outcome.SKIPPED).reason == reason


def test_a_change_whose_worker_died_goes_on_where_it_stood_and_does_nothing_twice(monkeypatch):
    three_kits()
    monkeypatch.setattr(applying, "BATCH", 1)
    change = preview(Rule(Target.PRICE, Method.ADD, Decimal(1)), where={"category": "kits"})
    services.apply_change(change_id=change.pk, actor_id=change.actor_id)
    applying.apply_batch(change_id=change.pk)
    assert selectors.progress_of(change) == selectors.Progress(planned=1, applied=1)

    for _ in range(2):
        services.work_on(change_id=change.pk)

    assert prices() == {"GOUF": 21, "ZAKU": 10, "DOM": 12}
    assert selectors.progress_of(change) == selectors.Progress(applied=2)


def test_a_long_change_is_handed_to_the_next_shift(monkeypatch):
    three_kits()
    monkeypatch.setattr(applying, "BATCH", 1)
    change = preview(Rule(Target.PRICE, Method.ADD, Decimal(1)), where={"category": "kits"})
    services.apply_change(change_id=change.pk, actor_id=change.actor_id)

    services.work_on(change_id=change.pk, seconds=-1)

    assert selectors.progress_of(change) == selectors.Progress(planned=1, applied=1)
    assert OutboxMessage.objects.filter(event_type="bulk.BulkChangeUnderWay").count() == 2


def test_a_change_is_said_yes_or_no_to_once():
    three_kits()
    change = make(preview(UP_TEN_PERCENT))

    for again in (
        lambda: services.apply_change(change_id=change.pk, actor_id=change.actor_id),
        lambda: services.discard_change(change_id=change.pk),
    ):
        with pytest.raises(BulkChangeNotPossible):
            again()

    unwanted = services.discard_change(change_id=preview(UP_TEN_PERCENT, where={"search": "DOM"}).pk)
    services.work_on(change_id=unwanted.pk)
    assert unwanted.status == ChangeStatus.DISCARDED
    assert unwanted.rows.get().outcome == Outcome.PLANNED


def test_undoing_brings_prices_back_but_for_those_that_were_changed_since():
    three_kits()
    change = make(preview(Rule(Target.PRICE, Method.ADD, Decimal(1)), where={"category": "kits"}))
    catalog.update_product(product_id=Product.objects.get(slug="dom").pk, variants=(draft_variant("DOM", "30.00"),))

    undoing = services.preview_undo(change_id=change.pk, actor_id=change.actor_id, note="A mistake")
    assert rows(undoing) == {
        "GOUF": (Decimal(21), Decimal(20), Outcome.PLANNED),
        "DOM": (Decimal(30), None, Outcome.REFUSED),
    }
    make(undoing)

    assert prices() == {"GOUF": 20, "ZAKU": 10, "DOM": 30}
    with pytest.raises(BulkChangeNotPossible):
        services.preview_undo(change_id=change.pk, actor_id=change.actor_id)
    assert make(services.preview_undo(change_id=undoing.pk, actor_id=change.actor_id)).status == ChangeStatus.APPLIED
    assert prices()["GOUF"] == 21


def test_an_undoing_that_was_discarded_may_be_seen_again():
    three_kits()
    change = make(preview(Rule(Target.PRICE, Method.ADD, Decimal(1))))
    first = services.preview_undo(change_id=change.pk, actor_id=change.actor_id)
    services.discard_change(change_id=first.pk)

    assert services.preview_undo(change_id=change.pk, actor_id=change.actor_id).rows.count() == 2


def test_stock_changes_are_movements_that_leave_what_is_promised():
    free, promised = StockItemFactory(on_hand=10), StockItemFactory(on_hand=6, committed=5)

    change = make(preview(Rule(Target.STOCK, Method.ADD, Decimal(-3)), location="main"))

    assert {item.pk: item.on_hand for item in StockItem.objects.all()} == {free.pk: 7, promised.pk: 6}
    assert "5 are promised" in change.rows.get(outcome=Outcome.REFUSED).reason
    movement = free.movements.latest("pk")
    assert (movement.delta, movement.actor, movement.note) == (-3, change.applied_by, str(change))


def test_stock_that_moved_since_the_preview_is_not_overwritten():
    item = StockItemFactory(on_hand=10)
    change = preview(Rule(Target.STOCK, Method.SET, Decimal(4)))
    adjust_on_hand(stock_item_id=item.pk, delta=2, reason=MovementReason.RECEIPT, actor_id=None)

    make(change)

    assert StockItem.objects.get().on_hand == 12
    assert change.rows.get().outcome == Outcome.SKIPPED


def test_undoing_stock_takes_back_what_came_whatever_was_sold_since():
    item = StockItemFactory(on_hand=10)
    change = make(preview(Rule(Target.STOCK, Method.ADD, Decimal(5))))
    adjust_on_hand(stock_item_id=item.pk, delta=-2, reason=MovementReason.SHIPMENT, actor_id=None)

    make(services.preview_undo(change_id=change.pk, actor_id=change.actor_id))

    assert StockItem.objects.get().on_hand == 8


def test_a_file_says_what_each_shall_have():
    three_kits()
    values = services.read_file(BytesIO("\ufeffSKU,Value\nGOUF,25.50\n\nNONE,3\nDOM,\n".encode()))

    change = preview(Rule(Target.PRICE, Method.EACH), values=values)

    assert {row.sku: (row.after, row.reason) for row in change.rows.all()} == {
        "GOUF": (Decimal("25.50"), ""),
        "NONE": (None, "The store sells no variant with this SKU."),
        "DOM": (None, "There is no value for it."),
    }


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The header"),
        (b"sku,price\nA,1\n", "The header"),
        (b"sku,value\nA,1\nA,2\n", "Line 3: A stands further up"),
        (b"sku,value\nA,=1+1\n", "Line 2: “=1.1” is no value"),
        (b"sku,value\n,1\n", "Line 2: there is no SKU"),
        (b'sku\n"A\n', "no CSV"),
        (b"sku\n\xff\n", "not in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(content, sentence):
    with pytest.raises(BulkChangeInvalid, match=sentence):
        services.read_file(BytesIO(content))


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (Rule(Target.PRICE, Method.SET), "value"),
        (Rule(Target.PRICE, Method.SET, Decimal(-1)), "value"),
        (Rule(Target.PRICE, Method.ADD, Decimal(0)), "value"),
        (Rule(Target.PRICE, Method.PERCENT, Decimal(-100)), "value"),
        (Rule(Target.STOCK, Method.ADD, Decimal("0.5")), "value"),
        (Rule(Target.STOCK, Method.ADD, Decimal(1), Decimal("0.99")), "ending"),
        (Rule(Target.PRICE, Method.ADD, Decimal(1)), "where"),
    ],
    ids=["no value", "negative", "nothing", "all of it", "half a unit", "an ending of stock", "nothing fits"],
)
def test_a_rule_that_makes_no_sense_is_refused_by_field(rule, field):
    with pytest.raises(BulkChangeInvalid) as refusal:
        preview(rule)

    assert list(refusal.value.errors) == [field]
    assert not BulkChange.objects.exists()
