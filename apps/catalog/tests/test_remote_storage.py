"""Pictures in a bucket or at Cloudinary: the same life as on a disk, over HTTP, under addresses that all may open."""

from io import BytesIO

import httpx
import pytest
from django.conf import settings
from django.core.files.storage import default_storage, storages
from django.test import override_settings
from django.utils import timezone
from PIL import Image
from rest_framework.test import APIClient

from apps.catalog import services
from apps.catalog.exceptions import PicturesNotKept
from apps.catalog.models import ProductImage
from apps.catalog.tests.factories import draft_product, show
from apps.common.tests.companies_that_keep_files import BUCKET, CLOUD, KEY, SECRET, keeping_files
from apps.outbox import services as outbox
from config.media import FOR_EVER, cloudinary_storage, s3_storage

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def keeper():
    with keeping_files() as company:
        yield company


def s3(url):
    return s3_storage(bucket=BUCKET, region="us-east-1", endpoint=url, key=KEY, secret=SECRET, public_url="")


def cloudinary(url):
    entry = cloudinary_storage(address=f"cloudinary://{KEY}:{SECRET}@{CLOUD}", api_base=url)
    return {**entry, "OPTIONS": {**entry["OPTIONS"], "delivery": url}}


@pytest.fixture(scope="module", params=[s3, cloudinary], ids=["s3", "cloudinary"])
def kept_there(request, keeper):
    """Once for all tests: to make a client of a bucket takes longer than they do."""
    with override_settings(STORAGES={**settings.STORAGES, "default": request.param(keeper.url)}):
        yield keeper
        close(storages["default"])


@pytest.fixture
def company(kept_there):
    kept_there.files.clear()
    yield kept_there
    kept_there.is_away = False


def close(storage):
    if hasattr(storage, "connection"):
        for client in (storage.connection.meta.client, storage.unsigned_connection.meta.client):
            client.close()
    else:
        storage._http.close()


def picture():
    file = BytesIO()
    Image.effect_noise((400, 300), 40).save(file, "PNG")
    file.seek(0)
    return file


def add(product):
    return services.add_images(images=[services.NewImage(product_id=product.pk, file=picture())])[0]


def seen(address):
    answer = httpx.get(address)
    with Image.open(BytesIO(answer.raise_for_status().content)) as shown:
        return answer.headers["Content-Type"], shown.format, shown.size


def test_the_whole_life_of_a_picture(company):
    image = add(show(draft_product("zaku"))[0])
    outbox.drain()

    told = APIClient().get("/api/v1/products/zaku/").json()["image"]
    assert told["url"].startswith(company.url)
    assert seen(told["url"]) == ("image/webp", "WEBP", (400, 300))
    narrow = told["renditions"]["url"].replace("{width}", "320")
    assert told["renditions"]["widths"] == [320, 400]
    assert seen(narrow.replace("{format}", "webp")) == ("image/webp", "WEBP", (320, 240))
    assert seen(narrow.replace("{format}", "jpg")) == ("image/jpeg", "JPEG", (320, 240))
    assert len(company.files) == 5

    services.remove_image(image_id=image.pk)
    outbox.drain()
    assert company.files == {}


def test_the_sweep_finds_what_no_row_names(company):
    add(show(draft_product("zaku"))[0])
    outbox.drain()
    known = set(company.files)
    company.files["products/2020/01/stray.webp"] = (b"", "image/webp", "")

    assert services.sweep_pictures(now=timezone.now()) == ["products/2020/01/stray.webp"]

    assert set(company.files) == known


def test_an_upload_whose_answer_is_lost_is_refused_and_swept_away_later(company):
    zaku = show(draft_product("zaku"))[0]
    company.is_away = True

    with pytest.raises(PicturesNotKept):
        add(zaku)

    company.is_away = False
    assert not ProductImage.objects.exists()
    assert len(services.sweep_pictures(now=timezone.now())) == 1
    assert company.files == {}


def test_a_file_that_is_gone_is_told_as_on_a_disk(company):
    with pytest.raises(FileNotFoundError):
        default_storage.open("products/2026/11/gone.webp").read()
    default_storage.delete("products/2026/11/gone.webp")


@pytest.mark.parametrize("kept_there", [s3], ids=["s3"], indirect=True)
def test_a_bucket_is_told_that_files_may_be_kept_for_ever(company):
    add(show(draft_product("zaku"))[0])

    assert [kept[1:] for kept in company.files.values()] == [("image/webp", FOR_EVER)]


def test_pictures_are_told_under_the_address_of_a_network_that_stands_before_the_bucket(settings):
    entry = s3("https://s3.example")
    entry["OPTIONS"] |= s3_storage(
        bucket=BUCKET, region="", endpoint="", key="", secret="", public_url="https://cdn.shop.example/media/"
    )["OPTIONS"]
    settings.STORAGES = {**settings.STORAGES, "default": entry}

    assert default_storage.url("products/a.webp") == "https://cdn.shop.example/media/products/a.webp"
