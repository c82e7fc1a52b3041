import json
import os
from io import BytesIO, StringIO

import pytest
from django.core.management import call_command
from PIL import Image

from apps.catalog import services
from apps.catalog.models import ProductImage
from apps.catalog.tests.factories import draft_product, show

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def two_pictures():
    """Of which the first has its renditions."""
    product = show(draft_product("zaku"))[0]
    files = [BytesIO(), BytesIO()]
    for file in files:
        Image.new("RGB", (400, 300)).save(file, "PNG")
        file.seek(0)
    images = services.add_images(images=[services.NewImage(product_id=product.pk, file=file) for file in files])
    services.make_renditions(file=images[0].file.name)
    return images


def run(command, *options):
    out = StringIO()
    call_command(command, *options, stdout=out, stderr=StringIO())
    return out.getvalue()


def stems():
    return list(ProductImage.objects.order_by("position").values_list("rendition_stem", flat=True))


def test_missing_renditions_are_made_and_the_others_left(two_pictures):
    there = stems()[0]

    assert "1 pictures; renditions of 0 made." in run("make_renditions", "--missing", "--dry-run")
    assert stems() == [there, ""]
    assert run("make_renditions", "--missing") == "1 pictures; renditions of 1 made.\n"

    assert stems()[0] == there
    assert all(stems())
    assert run("make_renditions", "--missing") == "0 pictures; renditions of 0 made.\n"


def test_all_are_made_anew_but_for_those_whose_file_is_gone(two_pictures, media):
    there = stems()[0]
    os.unlink(media / two_pictures[1].file.name)

    told = json.loads(run("make_renditions", "--json"))

    assert told == {"pictures": 2, "made": 1, "left": [two_pictures[1].file.name]}
    assert stems()[0] not in {there, ""}


def test_files_that_no_product_shows_are_named_and_deleted(two_pictures, media):
    stray = media / "products" / "2020" / "stray.webp"
    stray.parent.mkdir()
    stray.write_bytes(b"old")
    os.utime(stray, (0, 0))

    assert json.loads(run("sweep_pictures", "--dry-run", "--json"))["orphans"] == ["products/2020/stray.webp"]
    assert stray.exists()
    assert run("sweep_pictures") == "products/2020/stray.webp\n1 files deleted.\n"

    assert not stray.exists()
    assert (media / two_pictures[0].file.name).exists()
