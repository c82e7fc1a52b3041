"""Files of ours that somebody has changed: refused where they lie, with a reason, and nothing of them is written."""

import json

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import override_settings

from apps.bulk.product_files import UnreadableFile
from apps.bulk.services import exporting, import_jsonl
from apps.catalog.models import Category, Product, ProductImage
from apps.catalog.services.images import picture_storage
from apps.catalog.tests.factories import draft_product, show
from apps.stores.models import Store

pytestmark = pytest.mark.django_db
NAMES = ("one", "two")


@pytest.fixture(scope="module")
def exported(kept_for_the_module, tmp_path_factory):
    with override_settings(MEDIA_ROOT=str(tmp_path_factory.mktemp("media"))):
        yield list(export_a_shop())


@pytest.fixture
def lines(exported):
    """An exported shop with one product that has two pictures."""
    return [json.loads(line) for line in exported]


def export_a_shop():
    show(draft_product("zaku", categories=frozenset({("Kits",)}), tags=frozenset({"zeon"})))
    product, storage = Product.objects.get(), picture_storage()
    for position, name in enumerate(NAMES):
        file = storage.save(f"products/{name}.webp", ContentFile(b"x"))
        ProductImage.objects.create(product=product, file=file, width=1, height=1, position=position)
    storage.save("people/somebody.webp", ContentFile(b"x"))
    return exporting.jsonl(product.store)


@pytest.fixture
def take(tmp_path):
    def take(lines):
        path = tmp_path / "products.jsonl"
        path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
        return import_jsonl(path, store=Store.objects.get())

    return take


def of_kind(lines, kind):
    return next(line[kind] for line in lines if kind in line)


def columns(report):
    return [problem.column for problem in report.problems]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("file", "people/somebody.webp"),
        ("rendition_stem", "people/somebody"),
        ("rendition_stem", "products/two-0a1b2c"),
        ("rendition_stem", "products/one-../../people/somebody"),
    ],
)
def test_a_picture_names_files_of_its_own_alone(lines, take, column, value):
    """Else a profile's picture is shown in the shop, and deleted with the product's."""
    of_kind(lines, "product")["images"][0] |= {
        "rendition_widths": [320],
        "rendition_stem": "products/one-0a",
        column: value,
    }

    report = take(lines)

    assert (report.is_written, columns(report)) == (False, [f"images.0.{column}"])


def test_two_pictures_in_one_place_are_told_by_their_line(lines, take):
    images = of_kind(lines, "product")["images"]
    images[1]["position"] = images[0]["position"]

    report = take(lines)
    connection.check_constraints()

    assert (report.is_written, len(report.problems)) == (False, 1)


@pytest.mark.parametrize("kind", ["category", "tag", "attribute"])
@pytest.mark.parametrize("names", [{"es": {"a": "b"}}, {"es": 1}, []], ids=["deep", "a number", "a list"])
def test_names_in_other_languages_are_texts(lines, take, kind, names):
    of_kind(lines, kind)["names"] = names

    report = take(lines)

    assert (report.is_written, columns(report)) == (False, ["names"])
    assert Category.objects.get().names == {}


@pytest.mark.parametrize("text", ['"\\u0000"', '"\\ud800"', "NaN", "Infinity", "[" * 100_000])
def test_what_can_be_kept_nowhere_is_no_json(lines, take, text):
    with pytest.raises(UnreadableFile):
        take([lines[0], f'{{"tag": {{"slug": "new", "name": {text}}}}}'])


def test_a_backslash_before_zeros_is_a_text(lines, take):
    of_kind(lines, "tag")["name"] = "\\u0000"

    assert take(lines).is_written
