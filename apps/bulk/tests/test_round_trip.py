"""What is exported, wiped and imported is what it was."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import override_settings
from PIL import Image

from apps.bulk import records
from apps.bulk.product_files import UnreadableFile
from apps.bulk.services import exporting, import_jsonl, import_products
from apps.catalog import services as catalog
from apps.catalog.models import (
    Attribute,
    Category,
    Product,
    ProductDocument,
    ProductImage,
    ProductType,
    ProductVariant,
    Tag,
)
from apps.catalog.services.saving import drafts_of
from apps.catalog.tests.factories import draft_product, draft_variant, show
from apps.catalog.texts import Texts
from apps.common import audit
from apps.common.clock import database_now
from apps.inventory.models import StockItem, StockLocation, StockMovement
from apps.inventory.tests.factories import StockItemFactory
from apps.stores.tests.factories import StoreFactory

pytestmark = pytest.mark.django_db
OF_THE_CATALOGUE = [Attribute, ProductType, Category, Tag, Product, ProductVariant, ProductImage]


@pytest.fixture(scope="module")
def shop(kept_for_the_module, tmp_path_factory):
    """A store in which something stands in every column."""
    with override_settings(MEDIA_ROOT=str(tmp_path_factory.mktemp("media"))):
        yield make_a_shop()


def make_a_shop():
    show(
        draft_product(
            "zaku",
            name="=SUM(Zaku)",
            description='Line one\nline two, with “quotes” and "oth\ters"',
            attributes={"grade": "HG", "release_year": "2020"},
            categories=frozenset({("Kits", "High Grade"), ("New",)}),
            tags=frozenset({"zeon", "red-comet"}),
            is_featured=True,
            variants=(
                draft_variant("Z-1", "19.00", options={"Edition": "Plain", "Size": "1/144"}, barcode="+20580"),
                draft_variant("Z-2", "25.5025", options={"Edition": "'@Clear"}, compare_at_amount=Decimal(30)),
                draft_variant("-Z-3", "7", options={"Edition": "Old"}, weight_grams=310),
            ),
        ),
        draft_product("gouf"),
        draft_product("dom"),
    )
    catalog.rename_tag(tag_id=Tag.objects.get(slug="zeon").pk, name="Principality of Zeon")
    zaku = Product.objects.get(slug="zaku")
    ProductVariant.objects.filter(sku="-Z-3").update(is_active=False)
    catalog.update_product(
        product_id=zaku.pk,
        seo_title="Zaku, green",
        seo_description="The green one",
        specifications=(("Height", "17.5 m"), ("=Weight", "58.1 t")),
        related=("gouf", "dom"),
        translations={"es": Texts(name="Zaku II", specifications=(("Height", "57 ft"),)), "pt": Texts(name="Zaku")},
    )
    Category.objects.filter(slug="kits").update(names={"es": "Modelos"})
    Attribute.objects.filter(code="grade").update(names={"es": "Grado"}, choice_names={"es": {"HG": "Alto"}})
    gouf, now = Product.objects.get(slug="gouf"), database_now()
    catalog.update_product(product_id=gouf.pk, slug="gouf-custom")
    catalog.set_publication_window(product_id=gouf.pk, publish_from=now, publish_until=now + timedelta(days=3))
    catalog.rename_category(category_id=Category.objects.get(slug="new").pk, name="Newest", slug="newest")
    catalog.make_offers(
        variant_ids=[ProductVariant.objects.get(sku="Z-1").pk],
        price_amount=Decimal("12.50"),
        ends_at=now + timedelta(days=1),
    )
    catalog.archive_product(product_id=gouf.pk)
    catalog.delete_product(product_id=Product.objects.get(slug="dom").pk)
    for sku, units in (("Z-1", 7), ("-Z-3", 2), ("GOUF-1", 0)):
        StockItemFactory(variant=ProductVariant.objects.get(sku=sku), on_hand=units, low_stock_threshold=2)
    variant_id = ProductVariant.objects.get(sku="Z-2").pk
    box = BytesIO()
    Image.new("RGB", (4, 3)).save(box, "PNG")
    box.seek(0)
    catalog.add_images(images=[catalog.NewImage(product_id=zaku.pk, file=box, alt="The box", variant_id=variant_id)])
    catalog.rebuild_documents(product_ids=list(Product.objects.values_list("pk", flat=True)))
    return zaku.store


@pytest.fixture(scope="module")
def all_of_it(shop):
    return everything(shop)


@pytest.fixture(scope="module")
def exported(shop):
    return b"".join(exporting.jsonl(shop))


def everything(store):
    """All that is kept, but for keys and the moments of this database."""
    names = records.Names()
    rows = {
        model._meta.label: sorted(
            (records.written(row, names) for row in model._default_manager.all()), key=lambda row: json.dumps(row)
        )
        for model in [*OF_THE_CATALOGUE, StockLocation]
    }
    documents = ProductDocument.objects.order_by("slug").values("slug", "card", "detail", "category_slugs", "tag_slugs")
    products = Product.objects.filter(store=store).order_by("slug")
    return rows, list(exporting.product_data(products, names)), list(documents), drafts_by_slug(store)


def drafts_by_slug(store):
    products = Product.objects.filter(store=store).select_related("product_type")
    return {draft.slug: draft for draft in drafts_of(products).values()}


def wipe():
    StockMovement.objects.all().delete()
    for model in (
        StockItem,
        StockLocation,
        ProductImage,
        ProductVariant,
        Product,
        Category,
        Tag,
        ProductType,
        Attribute,
    ):
        model._default_manager.all().delete()


def export(store, tmp_path, lines=exporting.jsonl, name="all.jsonl"):
    path = tmp_path / name
    path.write_bytes(b"".join(lines(store)))
    return path


def test_export_wipe_import_is_the_same_as_before(shop, tmp_path):
    before, path = everything(shop), export(shop, tmp_path)
    wipe()

    report = import_jsonl(path, store=shop)

    assert (report.problems, report.created, report.units_received, report.is_written) == ([], 3, 9, True)
    assert everything(shop) == before
    assert export(shop, tmp_path, name="again.jsonl").read_bytes() == path.read_bytes()
    assert list(audit.run()) == []


def test_the_same_file_again_changes_nothing(shop, tmp_path):
    path = export(shop, tmp_path)
    moments = list(Product.objects.order_by("pk").values_list("updated_at", flat=True))

    report = import_jsonl(path, store=shop, set_stock=True)

    assert (report.unchanged, report.updated, report.units_received, report.stock_corrected) == (3, 0, 0, 0)
    assert list(Product.objects.order_by("pk").values_list("updated_at", flat=True)) == moments


def test_what_was_changed_meanwhile_is_brought_back(shop, tmp_path):
    before, path = everything(shop), export(shop, tmp_path)
    zaku = Product.objects.get(slug="zaku")
    catalog.update_product(product_id=zaku.pk, name="Other", tags=frozenset(), variants=(draft_variant("Z-1", "13"),))
    catalog.rename_category(category_id=Category.objects.get(slug="newest").pk, name="Old", slug="newest")
    ProductImage.objects.all().delete()
    StockItem.objects.filter(variant__sku="Z-1").update(low_stock_threshold=9)

    report = import_jsonl(path, store=shop, set_stock=True)

    assert (report.problems, report.updated, report.unchanged) == ([], 1, 2)
    assert everything(shop) == before


def test_a_dry_run_tells_all_and_writes_nothing(shop, tmp_path):
    path = export(shop, tmp_path)
    wipe()

    report = import_jsonl(path, store=shop, is_dry_run=True)

    assert (report.created, report.is_written) == (3, False)
    assert [model.objects.count() for model in (Product, Category, StockLocation)] == [0, 0, 0]


def edited(path, slug, **changes):
    """The file with some fields of a product's line changed; its number."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        data = json.loads(line)
        if data.get("product", {}).get("slug") == slug:
            data["product"] |= changes
            lines[number - 1] = json.dumps(data)
            path.write_text("\n".join(lines), encoding="utf-8")
            return number
    raise LookupError(slug)


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"colour": "red"}, "colour"),
        ({"product_type": "boat"}, "product_type"),
        ({"categories": ["nowhere"]}, "categories"),
        ({"tags": "zeon"}, "tags"),
        ({"status": "sold"}, "status"),
        ({"published_at": "soon"}, "published_at"),
        ({"public_id": "x"}, "public_id"),
        ({"attributes": {"grade": "XX"}}, "attributes.grade"),
        ({"attributes": {"grade": ["HG"]}}, "attributes"),
        ({"images": [{"file": "../../etc/passwd"}]}, "images.0.file"),
        ({"images": [{"file": "products/none.webp"}]}, "images.0.file"),
        ({"images": [{"variant": "NONE"}]}, "images.0.variant"),
        ({"translations": {"es": "Zaku"}}, "translations"),
        ({"translations": {"es": {"colour": "x"}}}, "translations"),
        ({"translations": {"xx": {"name": "x"}}}, "translations.xx"),
        ({"specifications": [{"label": "x", "value": 1}]}, "translations"),
        ({"specifications": {}}, "specifications"),
        ({"related": [{"related": "nobody", "position": 0}]}, "related.0.related"),
        ({"slugs": [{"slug": "gouf"}]}, "slugs"),
        ({"variants": [{"price_amount": "1"}]}, "variants.0.sku"),
        ({"variants": [{"sku": "Z-1", "price_amount": 1.5}]}, "variants.0.price_amount"),
        ({"variants": [{"sku": "GOUF-1", "price_amount": "1", "is_active": False}]}, "variants"),
        ({"variants": [{"sku": "Z-1", "price_amount": "1", "stock": [{"location": "moon"}]}]}, "variants.stock"),
        ({"status": "published", "published_at": None}, ""),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_line_that_cannot_be_is_told_with_its_number_and_keeps_the_file_out(
    shop, all_of_it, exported, tmp_path, changes, column
):
    path = tmp_path / "all.jsonl"
    path.write_bytes(exported)
    number = edited(path, "zaku", **changes)

    report = import_jsonl(path, store=shop)

    assert [(problem.line, problem.column) for problem in report.problems] == [(number, column)]
    assert not report.is_written
    assert everything(shop) == all_of_it


def test_the_sound_lines_are_taken_where_that_is_wanted(shop, tmp_path):
    path = export(shop, tmp_path)
    edited(path, "gouf-custom", status="sold")
    wipe()

    report = import_jsonl(path, store=shop, skip_bad_rows=True)

    assert (report.created, report.left_out, report.is_written) == (2, 1, True)
    assert sorted(Product.objects.values_list("slug", flat=True)) == ["dom", "zaku"]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]\n",
        b'{"product": {}}\n',
        b'{"shop": {"format": 2, "currency": "USD"}}\n',
        b'{"shop": {"format": 1, "currency": "EUR"}}\n',
        b'{"shop": {"format": 1, "currency": "USD"}}\n\xff\n',
    ],
)
def test_a_file_that_is_none_of_ours_is_refused(tmp_path, content):
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)

    with pytest.raises(UnreadableFile):
        import_jsonl(path, store=StoreFactory())


def test_a_spreadsheet_brings_back_what_is_sold_and_no_cell_begins_like_a_formula(shop, tmp_path):
    path = export(shop, tmp_path, exporting.csv_lines, "sold.csv")
    beside = {"specifications": (), "seo_title": "", "seo_description": "", "related": (), "translations": {}}
    sold = {slug: replace(draft, **beside) for slug, draft in drafts_by_slug(shop).items() if slug != "dom"}
    assert "'=SUM(Zaku)" in path.read_text(encoding="utf-8")
    StockMovement.objects.all().delete()
    for model in (StockItem, ProductImage, ProductVariant, Product):
        model.objects.all().delete()

    report = import_products(path, store=shop)

    assert report.problems == []
    assert drafts_by_slug(shop) == sold
    assert StockItem.objects.get(variant__sku="Z-1").on_hand == 7


def test_the_commands_write_and_read_the_same_file(shop, tmp_path):
    path, sheet = tmp_path / "all.jsonl", tmp_path / "sold.csv"
    ProductVariant.objects.filter(product__slug="gouf-custom").update(is_active=False)
    out, told = StringIO(), StringIO()

    call_command("export_products", str(path))
    call_command("export_products", str(sheet), stderr=told)
    call_command("import_products", str(path), stdout=out)

    assert path.read_bytes() == b"".join(exporting.jsonl(shop))
    assert "0 products created, 0 updated, 3 unchanged" in out.getvalue()
    assert "gouf-custom: It has no variant that is sold." in told.getvalue()
    with pytest.raises(CommandError, match="no such store"):
        call_command("export_products", "-", "--store", "nobody")


def test_no_table_and_no_column_of_the_catalogue_is_forgotten():
    in_files = {*(model._meta.label for model in OF_THE_CATALOGUE), *records.ROWS_OF_PRODUCT, *records.ROWS_OF_VARIANT}
    tables = {
        model._meta.label
        for model in apps.get_app_config("catalog").get_models()
        if not hasattr(model, "pgh_tracked_model")
    }

    assert tables - in_files - records.LEFT_OUT.keys() == set()
    assert {label for label in records.LEFT_OUT if label.count(".") == 1} <= tables
    for app, model, column in (label.split(".") for label in records.LEFT_OUT if label.count(".") == 2):
        apps.get_model(app, model)._meta.get_field(column)
