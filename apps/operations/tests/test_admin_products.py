from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from apps.catalog import services
from apps.catalog.models import (
    AttributeKind,
    Category,
    Product,
    ProductDocument,
    ProductImage,
    ProductStatus,
    ProductVariant,
)
from apps.catalog.tests.factories import ProductFactory, ProductVariantFactory
from apps.common.tests.staff import boss_client, press, staff_client
from apps.inventory.models import StockItem
from apps.inventory.tests.factories import StockItemFactory, StockLocationFactory
from apps.stores.tests.factories import StoreFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:catalog_product_changelist")
EVIL = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


def page(product):
    return reverse("admin:catalog_product_change", args=[product.pk])


def button(product, name):
    return reverse("admin:catalog_product_button", args=[product.pk, name])


def kit_type():
    """A product type with a grade to choose and a height to measure."""
    grade = {"code": "grade", "name": "Grade", "kind": AttributeKind.CHOICE, "choices": ["HG", "MG"]}
    return services.ensure_product_type(
        code="kit",
        name="Kit",
        attributes=[
            services.ensure_attribute(**grade),
            services.ensure_attribute(code="height", name="Height", kind=AttributeKind.NUMBER),
        ],
    )


def variant_row(index, variant=None, **fields):
    row = {"sku": f"KIT-{index}", "options": "", "price_amount": "49.90", "weight_grams": "500", "position": str(index)}
    if variant is not None:
        row |= {"id": variant.pk, "sku": variant.sku}
    row |= {"is_active": "on"} | fields
    return {f"variants-{index}-{name}": value for name, value in row.items() if value is not None}


def form(product_type, *variants, stored=0, images=(), stored_images=0, **fields):
    """What the product's page sends."""
    data = {
        "name": "RX-78-2 Gundam",
        "slug": "rx-78-2",
        "product_type": product_type.pk,
        "description": "A kit.",
        "variants-TOTAL_FORMS": len(variants),
        "variants-INITIAL_FORMS": stored,
        "images-TOTAL_FORMS": len(images),
        "images-INITIAL_FORMS": stored_images,
    }
    for rows in (*variants, *images):
        data |= rows
    return data | fields


def picture(name="kit.png", size=(8, 6)):
    content = BytesIO()
    Image.new("RGB", size).save(content, "PNG")
    return SimpleUploadedFile(name, content.getvalue(), "image/png")


def made(client, **fields):
    """A product made on its page, with one variant."""
    data = form(kit_type(), variant_row(0), store=StoreFactory().pk, **fields)
    answer = client.post(reverse("admin:catalog_product_add"), data)
    assert answer.status_code == 302, answer.context["errors"]
    return Product.objects.get()


def test_a_new_product_is_a_draft_with_its_variants():
    client = boss_client()
    kits = Category.objects.add_root({"slug": "kits", "name": "Kits"})

    product = made(client, categories=[kits.pk])

    variant = product.variants.get()
    assert (product.name, product.status, product.store.slug) == ("RX-78-2 Gundam", ProductStatus.DRAFT, "shop")
    assert (variant.sku, variant.price_amount, variant.weight_grams) == ("KIT-0", Decimal("49.90"), 500)
    assert list(product.categories.all()) == [kits]


def test_attributes_of_the_type_are_fields_of_the_page():
    client = boss_client()
    product = made(client)

    html = client.get(page(product)).content.decode()
    data = form(product.product_type, variant_row(0, product.variants.get()), stored=1)
    client.post(page(product), data | {"attribute_grade": "MG", "attribute_height": "18.5"})

    product.refresh_from_db()
    assert 'name="attribute_grade"' in html
    assert product.attributes == {"grade": "MG", "height": 18.5}


def test_a_value_that_an_attribute_does_not_know_is_refused_beside_its_field():
    client = boss_client()
    product = made(client)
    data = form(product.product_type, variant_row(0, product.variants.get()), stored=1)

    answer = client.post(page(product), data | {"attribute_height": "tall"})

    assert "Enter a number." in answer.content.decode()
    assert Product.objects.get().attributes == {}


def test_what_is_saved_is_what_shoppers_read_at_once():
    client = boss_client()
    product = made(client)
    services.publish_product(product_id=product.pk)
    data = form(product.product_type, variant_row(0, product.variants.get(), price_amount="39.50"), stored=1)

    client.post(page(product), data | {"name": "RX-78-2 Gundam Ver. 3.0", "is_featured": "on"})

    card = ProductDocument.objects.get(product=product).card
    assert (card["name"], card["price"]["amount"], card["is_featured"]) == ("RX-78-2 Gundam Ver. 3.0", "39.50", True)


def test_a_variant_that_is_not_sold_any_more_is_unticked_and_kept():
    client = boss_client()
    product = made(client)
    red, blue = variant_row(0, product.variants.get(), is_active=None), variant_row(1, options="Color: Blue, Size: L")

    client.post(page(product), form(product.product_type, red, blue, stored=1))

    states = {variant.sku: (variant.is_active, variant.options) for variant in ProductVariant.objects.all()}
    assert states == {"KIT-0": (False, {}), "KIT-1": (True, {"Color": "Blue", "Size": "L"})}


def test_the_sku_of_a_variant_that_exists_does_not_change():
    client = boss_client()
    product = made(client)

    client.post(page(product), form(product.product_type, variant_row(0, product.variants.get(), sku="X"), stored=1))

    assert product.variants.get().sku == "KIT-0"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"options": "Red"}, "Write options as “Color: Red, Size: L”."),
        ({"compare_at_amount": "40.00"}, "The price before an offer must be above the price."),
        ({"price_amount": "-1"}, "An amount is not negative"),
        ({"sku": "TAKEN"}, "already exists"),
    ],
)
def test_a_faulty_variant_is_refused_beside_its_field_and_nothing_is_saved(row, sentence):
    ProductVariantFactory(sku="TAKEN", product__slug="other")
    client = boss_client()

    data = form(kit_type(), variant_row(0, **row), store=StoreFactory().pk)
    answer = client.post(reverse("admin:catalog_product_add"), data)

    assert sentence in answer.content.decode()
    assert not Product.objects.filter(slug="rx-78-2").exists()


def test_two_variants_that_nothing_tells_apart_are_refused():
    data = form(kit_type(), variant_row(0), variant_row(1), store=StoreFactory().pk)

    answer = boss_client().post(reverse("admin:catalog_product_add"), data)

    assert "Nothing tells this variant from another one" in answer.content.decode()
    assert not Product.objects.exists()


def test_a_picture_is_put_described_and_taken_away():
    client = boss_client()
    product = made(client)
    services.publish_product(product_id=product.pk)
    row = variant_row(0, product.variants.get())
    new = {"images-0-file": picture(), "images-0-alt": "The kit in its box", "images-0-position": "0"}
    client.post(page(product), form(product.product_type, row, stored=1, images=[new]))
    image = ProductImage.objects.get()
    assert (image.alt, image.width, image.file.name[-5:]) == ("The kit in its box", 8, ".webp")

    row = variant_row(0, product.variants.get())
    kept = {"images-0-id": image.pk, "images-0-alt": "The kit", "images-0-position": "0"}
    client.post(page(product), form(product.product_type, row, stored=1, images=[kept], stored_images=1))
    assert ProductDocument.objects.get(product=product).card["image"]["alt"] == "The kit"

    gone = kept | {"images-0-DELETE": "on"}
    client.post(page(product), form(product.product_type, row, stored=1, images=[gone], stored_images=1))
    assert not ProductImage.objects.exists()
    assert ProductDocument.objects.get(product=product).card["image"] is None


def test_a_file_that_is_no_picture_is_refused_on_the_form():
    client = boss_client()
    product = made(client)
    new = {"images-0-file": SimpleUploadedFile("kit.png", b"<svg/>"), "images-0-position": "0"}

    answer = client.post(
        page(product), form(product.product_type, variant_row(0, product.variants.get()), stored=1, images=[new])
    )

    assert "The file is no JPEG, PNG or WebP picture" in answer.content.decode()
    assert not ProductImage.objects.exists()


def test_pictures_stand_in_the_order_in_which_they_were_dragged():
    client = boss_client()
    product = made(client)
    new = [services.NewImage(product_id=product.pk, file=picture(), alt=alt) for alt in ("1", "2")]
    first, second = services.add_images(images=new)
    rows = [
        {"images-0-id": first.pk, "images-0-alt": "1", "images-0-position": "1"},
        {"images-1-id": second.pk, "images-1-alt": "2", "images-1-position": "0"},
    ]

    row = variant_row(0, product.variants.get())
    client.post(page(product), form(product.product_type, row, stored=1, images=rows, stored_images=2))

    assert [image.alt for image in product.images.order_by("position")] == ["2", "1"]


def test_several_pictures_come_at_once_behind_the_others():
    client = boss_client()
    product = made(client)
    services.add_images(images=[services.NewImage(product_id=product.pk, file=picture(), alt="Front")])
    stored = product.images.get()
    row = {"images-0-id": stored.pk, "images-0-alt": "Front", "images-0-position": "0", "images-0-is_primary": "on"}
    data = form(product.product_type, variant_row(0, product.variants.get()), stored=1, images=[row], stored_images=1)

    client.post(page(product), data | {"new_pictures": [picture("a.png", (9, 9)), picture("b.png", (7, 7))]})

    widths = list(product.images.order_by("position").values_list("alt", "width"))
    assert widths == [("Front", 8), ("", 9), ("", 7)]


def test_of_several_pictures_the_one_that_is_refused_is_named_and_none_is_taken():
    client = boss_client()
    product = made(client)
    data = form(product.product_type, variant_row(0, product.variants.get()), stored=1)
    bad = SimpleUploadedFile("<b>.png", b"<svg/>")

    answer = client.post(page(product), data | {"new_pictures": [picture("a.png"), bad]})

    assert "&lt;b&gt;.png: The file is no JPEG, PNG or WebP picture" in answer.content.decode()
    assert not ProductImage.objects.exists()


def test_the_primary_picture_has_a_star_and_another_takes_its_place_by_a_tick():
    client = boss_client()
    product = made(client)
    new = [services.NewImage(product_id=product.pk, file=picture(), alt=alt) for alt in ("1", "2", "3")]
    images = services.add_images(images=new)
    assert client.get(page(product)).content.decode().count(">star</span>") == 1
    rows = [
        {f"images-{at}-id": image.pk, f"images-{at}-alt": image.alt, f"images-{at}-position": str(at)}
        for at, image in enumerate(images)
    ]
    rows[0]["images-0-is_primary"] = rows[2]["images-2-is_primary"] = "on"

    row = variant_row(0, product.variants.get())
    client.post(page(product), form(product.product_type, row, stored=1, images=rows, stored_images=3))

    assert [image.alt for image in product.images.order_by("position")] == ["3", "1", "2"]


def test_thumbnails_are_the_narrowest_copies_there_are():
    client = boss_client()
    product = made(client)
    (image,) = services.add_images(images=[services.NewImage(product_id=product.pk, file=picture(size=(700, 50)))])
    assert image.file.url in client.get(LIST).content.decode()

    services.make_renditions(file=image.file.name)

    image.refresh_from_db()
    narrow = f"/media/{image.rendition_stem}-320.webp"
    assert narrow in client.get(LIST).content.decode()
    assert narrow in client.get(page(product)).content.decode()


def test_a_product_is_published_archived_deleted_and_restored_by_its_buttons():
    client = boss_client()
    product = made(client)

    for name, is_shown in [("publish", True), ("archive", False), ("publish", True), ("delete", False)]:
        press(client, button(product, name))
        assert ProductDocument.objects.filter(product=product).exists() is is_shown
    assert product.pk not in [one.pk for one in client.get(LIST).context["cl"].result_list]

    press(client, button(product, "restore"))
    assert ProductDocument.objects.filter(product=product).exists()


def test_a_product_with_nothing_to_sell_is_not_published_and_the_page_says_why():
    product = ProductFactory(status=ProductStatus.DRAFT)

    answer = press(boss_client(), button(product, "publish"))

    assert "has no variant that could be bought" in answer.content.decode()
    assert Product.objects.get().status == ProductStatus.DRAFT


def test_units_are_received_from_the_product_page():
    variant, client = ProductVariantFactory(), boss_client()
    location = StockLocationFactory(store=variant.product.store)

    answers = {"variant": variant.pk, "location": location.pk, "quantity": "12", "note": "First delivery"}
    press(client, button(variant.product, "receive"), **answers)

    item = StockItem.objects.get(variant=variant)
    assert (item.on_hand, item.movements.get().actor) == (12, client.user)
    assert (
        reverse("admin:inventory_stockitem_change", args=[item.pk])
        in client.get(page(variant.product)).content.decode()
    )


@pytest.mark.parametrize("name", ["publish", "delete", "receive"])
def test_whoever_may_only_look_sees_no_button_and_is_refused(name):
    product, client = ProductFactory(status=ProductStatus.DRAFT), staff_client("catalog.view_product")

    assert f"/do/{name}/" not in client.get(page(product)).content.decode()
    assert client.post(button(product, name)).status_code == 403
    assert client.post(page(product), {"name": "X"}).status_code == 403
    assert Product.objects.get().status == ProductStatus.DRAFT


def test_the_list_shows_price_and_free_units_and_finds_by_name_and_sku():
    item = StockItemFactory(on_hand=9, reserved=2, variant__sku="RX-78", variant__product__name="Gundam")
    ProductVariantFactory(product=item.variant.product, price_amount=Decimal(30), options={"Color": "Red"})
    client = boss_client()

    html = client.get(LIST, {"q": "RX-78"}).content.decode()

    assert "10.00 – 30.00" in html
    assert ">7<" in html
    assert client.get(LIST, {"q": "gundam"}).context["cl"].result_count == 1
    assert client.get(LIST, {"q": "nobody"}).context["cl"].result_count == 0


@pytest.mark.parametrize(("choice", "found"), [("yes", ["Full"]), ("no", ["Empty"])])
def test_the_list_tells_what_is_in_stock(choice, found):
    StockItemFactory(on_hand=3, variant__product__name="Full")
    StockItemFactory(on_hand=3, reserved=3, variant__product__name="Empty")

    result = boss_client().get(LIST, {"in_stock": choice}).context["cl"].result_list

    assert [product.name for product in result] == found


def test_a_hundred_products_cost_as_many_queries_as_one(django_assert_max_num_queries):
    client = boss_client()
    StockItemFactory.create_batch(100)

    with django_assert_max_num_queries(9):
        assert client.get(LIST).status_code == 200


def test_names_are_never_markup():
    item = StockItemFactory(variant__product__name=EVIL, variant__sku=EVIL, variant__options={EVIL: EVIL})
    Category.objects.add_root({"slug": "evil", "name": EVIL})
    client = boss_client()

    for address in [
        *(LIST, page(item.variant.product), reverse("admin:catalog_category_changelist")),
        reverse("admin:inventory_stockitem_changelist"),
        reverse("admin:inventory_stockitem_change", args=[item.pk]),
    ]:
        html = client.get(address).content.decode()
        assert EVIL not in html, address
        assert "&lt;script&gt;alert(1)" in html, address


def said(product, **fields):
    return form(product.product_type, variant_row(0, product.variants.get()), stored=1, **fields)


def test_texts_are_said_in_every_language_and_what_is_missing_is_shown():
    client = boss_client()
    product, shield = made(client), ProductVariantFactory(product__slug="shield").product
    answers = {"specification_rows": "Height: 13 cm\nBox: 30 x 20: flat", "related_slugs": "shield"}
    answers |= {"seo_title": "Buy it", "name_pt": "Espada", "specifications_pt": "Altura: 13 cm"}

    client.post(page(product), said(product, **answers))

    product.refresh_from_db()
    assert product.specifications[1] == {"label": "Box", "value": "30 x 20: flat"}
    assert product.translations == {
        "pt": {"name": "Espada", "specifications": [{"label": "Altura", "value": "13 cm"}]},
    }
    assert (product.seo_title, product.related.get().related) == ("Buy it", shield)
    shown = client.get(page(product)).content.decode()
    assert "Missing: description, title for search engines." in shown
    assert "Missing: name, description, specifications, title for search engines." in shown
    assert "Altura: 13 cm" in shown
    assert product.slug in client.get(LIST, {"not_translated": "es"}).content.decode()
    assert product.slug not in client.get(LIST, {"not_translated": "pt"}).content.decode()


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("specification_rows", "Height 13 cm", "Write a row as “Height: 13 cm”."),
        ("specifications_pt", ": 13 cm", "Write a row as “Height: 13 cm”."),
        ("related_slugs", "nothing", "There is no product “nothing”."),
        ("specification_rows", "x" * 81 + ": 1", "This has 81 characters; 80 fit."),
        ("name_pt", "x" * 201, "at most 200 characters"),
    ],
)
def test_says_beside_the_field_what_cannot_be_said(field, typed, sentence):
    client = boss_client()
    product = made(client)

    answer = client.post(page(product), said(product, **{field: typed}))

    assert sentence in answer.content.decode()
    product.refresh_from_db()
    assert (product.specifications, product.translations) == ([], {})
