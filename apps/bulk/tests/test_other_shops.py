"""Product files of Shopify and WooCommerce, after the layouts that their makers document."""

import csv
import json
from decimal import Decimal
from io import BytesIO, StringIO

import httpx
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from apps.bulk.foreign import grams, plain_text
from apps.bulk.models import WantedPicture
from apps.bulk.services.pictures import fetch_pictures
from apps.catalog.models import Product, ProductImage, ProductVariant
from apps.catalog.services.saving import drafts_of
from apps.catalog.tests.factories import ProductFactory, model_kit_type
from apps.inventory.models import StockItem
from apps.stores.tests.factories import StoreFactory

pytestmark = pytest.mark.django_db
CDN = "https://cdn.shopify.com/s/files/"


@pytest.fixture(autouse=True)
def store():
    model_kit_type()
    return StoreFactory()


@pytest.fixture
def run(tmp_path):
    """The report of an import of these rows, and whether the command ended well."""

    def run(kind, rows, *options):
        path = tmp_path / "products.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(column for row in rows for column in row)))
            writer.writeheader()
            writer.writerows(rows)
        out = StringIO()
        said = ["--format", kind, "--product-type", "model-kit", "--vendor-attribute", "series", "--json", *options]
        try:
            call_command("import_products", str(path), *said, stdout=out)
        except SystemExit:
            return json.loads(out.getvalue()), False
        return json.loads(out.getvalue()), True

    return run


def drafts():
    return {draft.slug: draft for draft in drafts_of(Product.objects.select_related("product_type")).values()}


SHIRT = [
    {
        "URL handle": "crew-shirt",
        "Title": "Crew shirt",
        "Description": "<p>Soft &amp; <b>warm</b></p><ul><li>Cotton</li></ul><script>alert(1)</script>",
        "Vendor": "Hangar 58",
        "Product category": "Apparel > Shirts",
        "Tags": "New arrivals, cotton",
        "Published on online store": "TRUE",
        "Status": "Active",
        "SKU": "S-M",
        "Barcode": "'0123",
        "Option1 name": "Size",
        "Option1 value": "M",
        "Option2 name": "Color",
        "Option2 value": "Red",
        "Price": "22.00",
        "Compare-at price": "25.00",
        "Inventory quantity": "4",
        "Weight value (grams)": "175.0",
        "Product image URL": f"{CDN}front.jpg?v=1",
        "Image position": "1",
        "Image alt text": "Front",
    },
    {
        "URL handle": "crew-shirt",
        "SKU": "S-L",
        "Option1 value": "L",
        "Option2 value": "Red",
        "Price": "24.00",
        "Inventory quantity": "-2",
        "Product image URL": f"{CDN}back.jpg",
        "Variant image URL": f"{CDN}large.jpg",
    },
    {"URL handle": "crew-shirt", "Product image URL": f"{CDN}side.jpg"},
]
MUG = {
    "URL handle": "mug",
    "Title": "Mug",
    "Status": "Draft",
    "SKU": "MUG",
    "Option1 name": "Title",
    "Option1 value": "Default Title",
    "Price": "9.99",
}
OLD_NAMES = {
    "URL handle": "Handle",
    "Description": "Body (HTML)",
    "Product category": "Product Category",
    "Published on online store": "Published",
    "SKU": "Variant SKU",
    "Barcode": "Variant Barcode",
    "Option1 name": "Option1 Name",
    "Option1 value": "Option1 Value",
    "Option2 name": "Option2 Name",
    "Option2 value": "Option2 Value",
    "Price": "Variant Price",
    "Compare-at price": "Variant Compare At Price",
    "Inventory quantity": "Variant Inventory Qty",
    "Weight value (grams)": "Variant Grams",
    "Product image URL": "Image Src",
    "Image alt text": "Image Alt Text",
    "Variant image URL": "Variant Image",
}


@pytest.mark.parametrize("names", [{}, OLD_NAMES], ids=["today's columns", "the columns before"])
def test_products_of_shopify_come_with_variants_options_stock_and_their_pictures_addresses(run, names):
    rows = [{names.get(column, column): value for column, value in row.items()} for row in [*SHIRT, MUG]]

    report, is_good = run("shopify", rows)

    assert is_good, report["problems"]
    shirt, mug = drafts()["crew-shirt"], drafts()["mug"]
    assert (shirt.name, shirt.description) == ("Crew shirt", "Soft & warm\n- Cotton")
    assert (shirt.categories, shirt.tags) == (frozenset({("Apparel", "Shirts")}), frozenset({"new-arrivals", "cotton"}))
    assert shirt.attributes == {"series": "Hangar 58"}
    medium, large = shirt.variants
    assert (medium.price_amount, medium.compare_at_amount, medium.weight_grams) == (Decimal(22), Decimal(25), 175)
    assert (medium.options, medium.barcode) == ({"Size": "M", "Color": "Red"}, "0123")
    assert (large.options, large.compare_at_amount) == ({"Size": "L", "Color": "Red"}, None)
    assert mug.variants[0].options == {}
    assert dict(StockItem.objects.values_list("variant__sku", "on_hand")) == {"S-M": 4, "S-L": 0}
    assert dict(Product.objects.values_list("slug", "status")) == {"crew-shirt": "published", "mug": "draft"}
    wanted = WantedPicture.objects.order_by("position").values_list("url", "alt")
    assert list(wanted) == [
        (f"{CDN}front.jpg?v=1", "Front"),
        (f"{CDN}back.jpg", ""),
        (f"{CDN}side.jpg", ""),
        (f"{CDN}large.jpg", ""),
    ]

    again, _ = run("shopify", rows)
    assert (again["unchanged"], again["pictures_wanted"], WantedPicture.objects.count()) == (2, 0, 4)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"Price": "nine"}, (2, "Price")),
        ({"SKU": ""}, (2, "SKU")),
        ({"URL handle": ""}, (2, "URL handle")),
        ({"Gift card": "true"}, (2, "Gift card")),
        ({"Inventory quantity": "1.5"}, (2, "Inventory quantity")),
        ({"Title": ""}, (2, "name")),
    ],
)
def test_a_row_of_shopify_that_cannot_be_sold_is_told_and_keeps_the_file_out(run, tmp_path, changes, problem):
    report, is_good = run("shopify", [{**MUG, **changes}], "--errors", str(tmp_path / "errors.csv"))

    assert not is_good
    assert problem in [(one["line"], one["column"]) for one in report["problems"]]
    assert f"{problem[0]},{problem[1]}," in (tmp_path / "errors.csv").read_text(encoding="utf-8")
    assert not Product.objects.exists()


def woo(**cells):
    return {
        "ID": "",
        "Type": "simple",
        "SKU": "",
        "Name": "",
        "Published": "1",
        "Description": "",
        "Regular price": "",
        "Sale price": "",
        "Categories": "",
        "Tags": "",
        "Images": "",
        "Parent": "",
        "Stock": "",
        "Weight (lbs)": "",
        "Attribute 1 name": "",
        "Attribute 1 value(s)": "",
        **cells,
    }


HOODIE = woo(
    **{
        "ID": "12",
        "Type": "variable",
        "SKU": "HOODIE",
        "Name": "Hoodie with Logo",
        "Description": "Warm.\n<br>Really.",
        "Is featured?": "1",
        "Categories": "Apparel > Hoodies, Sale",
        "Tags": "warm, Winter time",
        "Images": "https://shop.example/a.jpg, https://shop.example/b.jpg",
        "Attribute 1 name": "Size",
        "Attribute 1 value(s)": "M, L",
    }
)
LARGE = woo(
    **{
        "Type": "variation",
        "SKU": "HOODIE-L",
        "Name": "Hoodie - L",
        "Parent": "id:12",
        "Position": "2",
        "Regular price": "45",
        "Sale price": "39.5",
        "Stock": "3",
        "Weight (lbs)": "1.5",
        "Attribute 1 name": "Size",
        "Attribute 1 value(s)": "L",
    }
)
MEDIUM = LARGE | {"SKU": "HOODIE-M", "Parent": "HOODIE", "Position": "1", "Sale price": "", "Attribute 1 value(s)": "M"}
CAP = woo(**{"Type": "simple, virtual", "SKU": "CAP", "Name": "Cap", "Regular price": "12.00", "Published": "-1"})


def test_products_of_woocommerce_come_with_their_variations_wherever_they_stand(run):
    report, is_good = run("woocommerce", [LARGE, HOODIE, CAP, MEDIUM])

    assert is_good, report["problems"]
    hoodie = drafts()["hoodie-with-logo"]
    assert (hoodie.description, hoodie.is_featured) == ("Warm.\n\nReally.", True)
    assert hoodie.categories == frozenset({("Apparel", "Hoodies"), ("Sale",)})
    assert hoodie.tags == frozenset({"warm", "winter-time"})
    medium, large = hoodie.variants
    assert (medium.sku, medium.price_amount, medium.compare_at_amount) == ("HOODIE-M", Decimal(45), None)
    assert (large.price_amount, large.compare_at_amount, large.weight_grams) == (Decimal("39.5"), Decimal(45), 680)
    assert large.options == {"Size": "L"}
    assert dict(Product.objects.values_list("slug", "status")) == {"hoodie-with-logo": "published", "cap": "draft"}
    assert StockItem.objects.get(variant__sku="HOODIE-L").on_hand == 3
    assert WantedPicture.objects.count() == 2


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([woo(Type="grouped", SKU="G", Name="Set")], (2, "Type")),
        ([woo(Type="external", SKU="E", Name="Elsewhere")], (2, "Type")),
        ([HOODIE], (3, "Type")),
        ([LARGE], (2, "Parent")),
        ([CAP | {"Regular price": ""}], (2, "Regular price")),
        ([CAP | {"SKU": ""}], (2, "SKU")),
    ],
    ids=["grouped", "external", "no variation", "an orphan", "no price", "no sku"],
)
def test_what_woocommerce_has_and_we_do_not_sell_is_told_by_line(run, rows, problem):
    report, is_good = run("woocommerce", rows)

    assert not is_good
    lines = [(one["line"], one["column"]) for one in report["problems"]]
    assert problem in lines or (2, problem[1]) in lines
    assert not Product.objects.exists()


@pytest.mark.parametrize("column", ["Weight value (grams)", "Inventory quantity", "Price"])
def test_a_number_that_is_short_to_write_and_long_to_reckon_with_is_refused(run, column):
    report, is_good = run("shopify", [MUG | {column: "1e99999999"}])

    assert not is_good
    assert {"line": 2, "column": column, "reason": "“1e99999999” is no number; write it like 12.50."} in report[
        "problems"
    ]


def test_a_dry_run_and_a_bad_choice_write_nothing(run, tmp_path):
    report, is_good = run("shopify", [MUG], "--dry-run")

    assert (report["created"], report["is_written"], is_good) == (1, False, True)
    assert not Product.objects.exists()
    with pytest.raises(CommandError, match="--product-type"):
        call_command("import_products", str(tmp_path / "products.csv"), "--format", "shopify")
    with pytest.raises(CommandError, match="no column"):
        call_command(
            "import_products", str(tmp_path / "products.csv"), "--format", "woocommerce", "--product-type", "x"
        )


def test_markup_goes_and_its_words_stay():
    markup = (
        "<h2>Kit</h2><p>1 &lt; 2<br/>new</p><style>p{}</style><img src=x onerror=alert(1)>&nbsp;<a href='x'>here</a>"
    )

    assert plain_text(markup) == "Kit\n1 < 2\nnew\nhere"
    assert plain_text("plain & simple") == "plain & simple"


@pytest.mark.parametrize(("unit", "weight"), [("g", 2), ("kg", 1500), ("oz", 43), ("lbs", 680), ("", 2)])
def test_weights_become_whole_grams(unit, weight):
    assert grams(Decimal("1.5"), unit) == weight


def wanted(address, product=None):
    return WantedPicture.objects.create(product=product or ProductFactory(), url=address, alt="Front")


def png():
    file = BytesIO()
    Image.new("RGB", (4, 3)).save(file, "PNG")
    return file.getvalue()


def fetch(answer, places=("93.184.216.34",), hosts=("cdn.shopify.com",)):
    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        return fetch_pictures(hosts=set(hosts), client=client, lookup=lambda host: list(places))


def test_a_picture_is_fetched_once_from_the_address_that_was_checked():
    picture, asked = wanted(f"{CDN}front.png?v=1"), []

    def answer(request):
        asked.append((str(request.url), request.headers["Host"], request.extensions["sni_hostname"]))
        return httpx.Response(200, content=png())

    reports = [fetch(answer) for _ in range(2)]

    assert [(report.fetched, report.failed) for report in reports] == [(1, 0), (0, 0)]
    host = "cdn.shopify.com"
    assert asked == [("https://93.184.216.34/s/files/front.png?v=1", host, host)]
    assert ProductImage.objects.get(product=picture.product).alt == "Front"


@pytest.mark.parametrize(
    ("address", "places"),
    [
        (f"{CDN}a.png", ["127.0.0.1"]),
        (f"{CDN}a.png", ["93.184.216.34", "10.0.0.7"]),
        (f"{CDN}a.png", ["169.254.169.254"]),
        (f"{CDN}a.png", ["::1"]),
        (f"{CDN}a.png", ["64:ff9b::7f00:1"]),
        (f"{CDN}a.png", ["2002:7f00:1::"]),
        (f"{CDN}a.png", ["::127.0.0.1"]),
        (f"{CDN}a.png", ["224.0.0.1"]),
        (f"{CDN}a.png", []),
        ("http://cdn.shopify.com/a.png", ["93.184.216.34"]),
        ("https://cdn.shopify.com:8443/a.png", ["93.184.216.34"]),
        ("https://me@cdn.shopify.com/a.png", ["93.184.216.34"]),
    ],
)
def test_nothing_is_asked_of_an_address_that_is_not_of_the_open_internet(address, places):
    picture = wanted(address)

    def answer(request):
        raise AssertionError("nobody may be asked")

    report = fetch(answer, places)

    assert (report.fetched, report.failed) == (0, 1)
    picture.refresh_from_db()
    assert (picture.fetched_at, bool(picture.problem)) == (None, True)


def test_what_is_no_address_keeps_no_other_picture_waiting():
    for address in ("https://[cdn", f"{CDN}a\nb", "https://cdn.shopify.com:99999/", f"{CDN}{'a' * 70_000}"[:2000] * 40):
        wanted(address)
    wanted(f"{CDN}front.png")

    report = fetch(lambda request: httpx.Response(200, content=png()))

    assert report.fetched == 1


def test_hosts_that_nobody_named_are_left_alone():
    wanted("https://elsewhere.example/a.png")

    report = fetch(lambda request: httpx.Response(200))

    assert (report.fetched, report.failed) == (0, 0)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(302, headers={"Location": "http://127.0.0.1/"}),
        httpx.Response(200, content=b"<svg onload=alert(1)>"),
        httpx.Response(200, content=b"x" * (10 * 1024 * 1024 + 1)),
        httpx.Response(404),
    ],
    ids=["elsewhere", "no picture", "too large", "gone"],
)
def test_what_is_no_picture_is_not_kept_and_the_reason_is(answer):
    picture = wanted(f"{CDN}a.png")

    assert fetch(lambda request: answer).failed == 1

    picture.refresh_from_db()
    assert picture.problem
    assert not ProductImage.objects.exists()
    assert not ProductVariant.objects.exists()
