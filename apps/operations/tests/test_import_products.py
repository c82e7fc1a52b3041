import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.bulk import product_files
from apps.catalog import services as catalog_services
from apps.catalog.models import Category, Product, ProductDocument, ProductVariant
from apps.catalog.tests.factories import draft_product, model_kit_type, show
from apps.common import audit
from apps.inventory import services as inventory_services
from apps.inventory.models import MovementReason, StockItem, StockMovement
from apps.stores.tests.factories import StoreFactory

HEADER = (
    "handle,name,product_type,category,tags,description,is_featured,attribute.grade,attribute.release_year,"
    "option.1.name,option.1.value,sku,barcode,price_usd,compare_at_price_usd,weight_grams,stock"
)
ZAKU = "zaku,Zaku II,model-kit,Kits > High Grade,zeon;green,Green.,true,HG,2020,,,Z-1,20580,19.00,25.00,300,7"
SHIRT_M = "shirt,Crew shirt,model-kit,,,,false,,,Size,M,S-M,,22.00,,175,4"
SHIRT_L = "shirt,,,,,,,,,Size,L,S-L,,24.00,,190,0"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store():
    model_kit_type()
    return StoreFactory()


@pytest.fixture
def write(tmp_path):
    def write(*rows, header=HEADER):
        path = tmp_path / "kits.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return path

    return write


def run(path, *options):
    """The report, and whether the command ended well."""
    out = StringIO()
    try:
        call_command("import_products", str(path), "--json", *options, stdout=out)
    except SystemExit as end:
        return json.loads(out.getvalue()), end.code == 0
    return json.loads(out.getvalue()), True


def problems_of(path):
    report, is_good = run(path)
    assert not is_good
    assert report["is_written"] is False
    assert not Product.objects.exists()
    return [(problem["line"], problem["column"], problem["reason"]) for problem in report["problems"]]


def on_hand():
    return dict(StockItem.objects.values_list("variant__sku", "on_hand"))


def test_brings_products_with_all_that_the_file_says(write):
    report, is_good = run(write(ZAKU, SHIRT_M, SHIRT_L))

    assert is_good
    assert (report["rows"], report["created"], report["units_received"], report["is_written"]) == (3, 2, 11, True)
    zaku = ProductDocument.objects.get(slug="zaku")
    assert zaku.card["price"] == {"amount": "19.00", "currency": "USD"}
    assert zaku.card["compare_at_price"] == {"amount": "25.00", "currency": "USD"}
    assert zaku.attributes == {"grade": "HG", "release_year": 2020}
    assert (zaku.category_slugs, zaku.tag_slugs) == (["high-grade", "kits"], ["green", "zeon"])
    assert on_hand() == {"Z-1": 7, "S-M": 4, "S-L": 0}
    assert [v["title"] for v in ProductDocument.objects.get(slug="shirt").detail["variants"]] == ["M", "L"]


def test_the_second_time_nothing_changes(write):
    path = write(ZAKU, SHIRT_M, SHIRT_L)
    run(path)
    moved = StockMovement.objects.count()

    report, is_good = run(path)

    assert is_good
    assert (report["created"], report["updated"], report["unchanged"], report["units_received"]) == (0, 0, 2, 0)
    assert StockMovement.objects.count() == moved


def test_a_changed_row_changes_its_product_and_leaves_the_stock(write):
    run(write(ZAKU, SHIRT_M))

    report, _ = run(write(ZAKU.replace("19.00", "18.50").replace(",7", ",70"), SHIRT_M))

    assert (report["updated"], report["unchanged"], report["units_received"]) == (1, 1, 0)
    assert ProductVariant.objects.get(sku="Z-1").price_amount == Decimal("18.50")
    assert on_hand()["Z-1"] == 7


def test_stock_on_the_books_is_corrected_on_request_by_a_movement(write):
    run(write(ZAKU))

    report, is_good = run(write(ZAKU.replace(",7", ",5")), "--set-stock")

    assert is_good
    assert report["stock_corrected"] == 1
    assert on_hand() == {"Z-1": 5}
    correction = StockMovement.objects.get(reason=MovementReason.CORRECTION)
    assert (correction.delta, correction.note) == (-2, "Import of kits.csv")


def test_stock_is_not_set_below_what_is_promised(write):
    run(write(ZAKU))
    StockItem.objects.update(reserved=6)

    report, is_good = run(write(ZAKU.replace("Zaku II", "Zaku III").replace(",7", ",5")), "--set-stock")

    assert not is_good
    assert [(p["line"], p["column"]) for p in report["problems"]] == [(2, "stock")]
    assert on_hand() == {"Z-1": 7}
    assert Product.objects.get().name == "Zaku II"


def test_stock_that_lies_in_two_places_is_not_set(write, store):
    run(write(ZAKU))
    annex = store.stock_locations.create(code="annex", name="Annex")
    variant = ProductVariant.objects.get()
    inventory_services.receive_stock(receipts=[(variant.pk, annex.pk, 1)])

    report, _ = run(write(ZAKU), "--set-stock")

    assert [p["reason"] for p in report["problems"]] == ["The units lie in 2 places; correct them there."]


def test_a_dry_run_says_what_would_happen_and_leaves_nothing(write):
    run(write(SHIRT_M))

    report, is_good = run(write(ZAKU, SHIRT_M.replace("22.00", "23.00")), "--dry-run")

    assert is_good
    assert (report["created"], report["updated"], report["units_received"], report["is_written"]) == (1, 1, 7, False)
    assert list(Product.objects.values_list("slug", flat=True)) == ["shirt"]
    assert ProductVariant.objects.get().price_amount == Decimal("22.00")
    assert not Category.objects.exists()
    assert on_hand() == {"S-M": 4}


@pytest.mark.parametrize(
    ("old", "new", "column", "reason"),
    [
        ("19.00", "19,00", "", "The row has 18 cells where the header has 17."),
        ("19.00", "cheap", "price_usd", "“cheap” is no amount; write it like 12.50."),
        ("19.00", "-1", "price_usd", "“-1” is no amount; write it like 12.50."),
        ("19.00", "1e3", "price_usd", "“1e3” is no amount; write it like 12.50."),
        ("19.00", "", "price_usd", "A variant needs a price."),
        ("25.00", "18.00", "compare_at_price_usd", "The price before an offer must be above the price."),
        (",7", ",many", "stock", "“many” is no whole number from 0 to 9999999."),
        (",7", ",99999999", "stock", "“99999999” is no whole number from 0 to 9999999."),
        (",300", ",3.5", "weight_grams", "“3.5” is no whole number from 0 to 9999999."),
        ("true", "yes", "is_featured", "“yes” is neither true nor false."),
        ("Zaku II", "", "name", "This must not be empty."),
        ("Zaku II", "=cmd()", "name", "It begins like a spreadsheet formula; put an apostrophe or a word in front."),
        (
            "Green.",
            "@SUM(A1)",
            "description",
            "It begins like a spreadsheet formula; put an apostrophe or a word in front.",
        ),
        ("Green.", "a\0b", "description", "There is a NUL character in it."),
        ("HG,", "XX,", "attribute.grade", "“XX” is not among HG, MG."),
        ("2020", "new", "attribute.release_year", "“new” is not a number."),
        ("zaku,", "za ku,", "handle", "“za ku” is no slug; use letters, digits, hyphens and underscores."),
        ("Z-1", "", "sku", "This must not be empty."),
        ("Z-1", "Z" * 65, "sku", "This has 65 characters; 64 fit."),
        ("model-kit", "robot", "product_type", "There is no product type “robot”."),
        ("zeon;", "Ze on;", "tags", "“Ze on” is no slug; use letters, digits, hyphens and underscores."),
    ],
)
def test_a_bad_row_is_named_and_keeps_the_whole_file_out(write, old, new, column, reason):
    assert problems_of(write(SHIRT_M, ZAKU.replace(old, new, 1))) == [(3, column, reason)]


def test_every_bad_row_is_named_in_the_order_of_the_file(write):
    found = problems_of(
        write(
            ZAKU.replace("19.00", "x"),
            SHIRT_M.replace("S-M", ""),
            SHIRT_L.replace("24.00", "y"),
            "gouf,Gouf,model-kit,,,,,,,,,G-1,,1.00,,,",
            "zaku,Zaku again,model-kit,,,,,,,,,Z-2,,1.00,,,",
        )
    )

    assert [(line, column) for line, column, _ in found] == [(2, "price_usd"), (4, "price_usd"), (6, "handle")]


def test_lines_are_counted_as_an_editor_does_even_over_cells_with_line_breaks(write):
    two_lines = ZAKU.replace("Green.", '"Green\nand large."')

    assert problems_of(write(two_lines, SHIRT_M.replace("22.00", "x")))[0][0] == 4


def test_a_second_row_may_repeat_but_not_change_what_belongs_to_the_product(write):
    repeated = SHIRT_L.replace("shirt,,", "shirt,Crew shirt,")
    assert run(write(SHIRT_M, repeated), "--dry-run")[1]

    changed = SHIRT_L.replace("shirt,,", "shirt,Other shirt,")
    assert problems_of(write(SHIRT_M, changed)) == [
        (3, "name", "It differs from line 2; fill it in a product's first row only.")
    ]


def test_two_variants_that_nothing_tells_apart_are_refused_at_the_second(write):
    twin = SHIRT_M.replace("S-M", "S-N").replace("shirt,Crew shirt,model-kit", "shirt,,").replace("false", "")

    assert problems_of(write(SHIRT_M, twin)) == [
        (3, "option.1.value", "Nothing tells this variant from another one of this product.")
    ]


def test_a_sku_of_another_product_is_refused(write):
    assert problems_of(write(ZAKU, SHIRT_M.replace("S-M", "Z-1"))) == [(3, "sku", "Another product has the SKU “Z-1”.")]


def test_bad_rows_can_be_skipped_with_their_whole_product(write):
    report, is_good = run(write(ZAKU, SHIRT_M, SHIRT_L.replace("24.00", "x")), "--skip-bad-rows")

    assert is_good
    assert (report["created"], report["left_out"], report["is_written"]) == (1, 1, True)
    assert [problem["line"] for problem in report["problems"]] == [4]
    assert list(Product.objects.values_list("slug", flat=True)) == ["zaku"]


def test_a_variant_that_the_file_leaves_out_is_no_longer_sold(write):
    run(write(SHIRT_M, SHIRT_L))

    run(write(SHIRT_M))

    assert dict(ProductVariant.objects.values_list("sku", "is_active")) == {"S-M": True, "S-L": False}


def test_products_that_the_file_does_not_name_are_left_alone(write):
    show(draft_product("gouf"))

    run(write(ZAKU))

    assert ProductDocument.objects.filter(slug="gouf").exists()


def test_a_deleted_product_is_not_brought_back(write):
    run(write(ZAKU))
    catalog_services.delete_product(product_id=Product.objects.get().pk)

    report, _ = run(write(ZAKU.replace("19.00", "20.00")))

    assert report["updated"] == 1
    assert not ProductDocument.objects.exists()


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path):
    path = tmp_path / "excel.csv"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([HEADER, ZAKU, ""]).encode())

    assert run(path)[0]["created"] == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The header has no column handle, name, product_type, sku, price_usd."),
        (b"handle,name\n", "The header has no column product_type, sku, price_usd."),
        (HEADER.encode() + b",colour\n", "The header has a column that we do not know: colour."),
        (HEADER.encode() + b",sku\n", "The header has a column twice: sku."),
        (HEADER.replace(",", ";").encode(), "The columns are parted by semicolons; part them by commas."),
        (HEADER.encode() + b"\nzaku,M\xfcller\n", "Line 2 is not in UTF-8; save the file as CSV UTF-8."),
        (HEADER.encode("utf-16"), "The file is in UTF-16; save it as CSV UTF-8."),
        (HEADER.encode() + b'\n"zaku,\n', "Line 2 is no CSV: unexpected end of data."),
        (HEADER.encode() + b"\n" + b"x" * 200_000, "Line 2 is no CSV: field larger than field limit (131072)."),
    ],
)
def test_a_file_that_is_no_use_is_refused_in_one_sentence(tmp_path, content, message):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)

    with pytest.raises(CommandError) as refusal:
        call_command("import_products", str(path))

    assert str(refusal.value) == message


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CommandError, match="cannot be read: No such file or directory"):
        call_command("import_products", str(tmp_path / "none.csv"))


def test_too_many_bytes_or_rows_are_refused(write, monkeypatch):
    path = write(ZAKU, SHIRT_M)
    monkeypatch.setattr(product_files, "MOST_ROWS", 1)
    with pytest.raises(CommandError, match="more than 1 rows"):
        call_command("import_products", str(path))

    monkeypatch.setattr(product_files, "MOST_BYTES", 100)
    with pytest.raises(CommandError, match="The file is larger than"):
        call_command("import_products", str(path))


def test_needs_a_store(write, store):
    store.delete()

    with pytest.raises(CommandError, match="There is no store yet"):
        call_command("import_products", str(write(ZAKU)))


def test_speaks_to_people_too(write):
    out = StringIO()

    with pytest.raises(SystemExit):
        call_command("import_products", str(write(ZAKU.replace("19.00", "x"))), stdout=out, no_color=True)

    assert out.getvalue().splitlines() == [
        "line 2, price_usd: “x” is no amount; write it like 12.50.",
        "1 rows: 0 products created, 0 updated, 0 unchanged, 1 left out; 0 units received, 0 stock items corrected.",
        "There are bad rows: nothing was written.",
    ]


@pytest.mark.django_db(transaction=True)
def test_leaves_no_invariant_broken(write):
    run(write(ZAKU, SHIRT_M, SHIRT_L))
    run(write(ZAKU.replace(",7", ",3")), "--set-stock")

    assert list(audit.run()) == []
