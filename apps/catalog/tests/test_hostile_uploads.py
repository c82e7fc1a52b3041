"""What strangers put into pictures never reaches shoppers, and of what is refused nothing is left."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from apps.accounts.tests.factories import UserFactory
from apps.accounts.tests.signing_in import client_with, sign_in
from apps.catalog.models import ProductImage
from apps.catalog.tests import hostile
from apps.catalog.tests.factories import draft_product, show
from apps.common.tests.staff import boss_client
from apps.outbox.models import OutboxMessage
from apps.stores.models import StoreRole
from apps.stores.tests.factories import StoreMemberFactory

pytestmark = pytest.mark.django_db

REFUSED, TAKEN = list(hostile.refused()), list(hostile.taken())


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT, settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "media", tmp_path / "temp"
    (tmp_path / "temp").mkdir()
    return tmp_path


@pytest.fixture(scope="module")
def zaku(kept_for_the_module):
    return show(draft_product("zaku"))[0]


@pytest.fixture(scope="module")
def seller(zaku):
    """Who works in the product's store."""
    member = StoreMemberFactory(store=zaku.store, user=UserFactory(), role=StoreRole.MANAGER)
    return client_with(sign_in(member.user).access)


def files_in(media):
    return [path for path in media.rglob("*") if path.is_file()]


def test_there_are_more_than_forty():
    assert len(REFUSED) > 40


@pytest.mark.parametrize("upload", REFUSED, ids=lambda upload: upload.title)
def test_is_refused_with_its_reason_and_leaves_nothing(seller, media, upload):
    answer = seller.post("/api/v1/products/zaku/images/", **upload.as_form())

    assert (answer.status_code, answer.json()["code"]) == (422, upload.code)
    assert answer.json()["error_codes"] == {"file": [upload.code]}
    assert not ProductImage.objects.exists()
    assert not OutboxMessage.objects.filter(event_type__startswith="catalog.").exists()
    assert files_in(media) == []


def test_a_name_of_10_000_letters_is_not_even_read(seller, media):
    upload = hostile.Upload("", hostile.picture(), name=b"z" * 10_000)

    assert seller.post("/api/v1/products/zaku/images/", **upload.as_form()).status_code == 400
    assert files_in(media) == []


@pytest.mark.parametrize("upload", TAKEN, ids=lambda upload: upload.title)
def test_is_taken_without_what_was_hidden_in_it(seller, media, upload):
    answer = seller.post("/api/v1/products/zaku/images/", **upload.as_form())

    assert answer.status_code == 201
    (kept,) = files_in(media)
    image = ProductImage.objects.get()
    assert image.file.name == str(kept.relative_to(media / "media"))
    assert kept.suffix == ".webp"
    assert b"gotcha" not in kept.read_bytes()
    with Image.open(kept) as picture:
        assert picture.format == "WEBP"
        assert picture.size == (image.width, image.height)
        assert picture.info.keys() <= {"background", "loop", "timestamp", "duration"}


def test_the_admin_refuses_them_too_each_at_its_field(zaku, media):
    client, variant = boss_client(), zaku.variants.get()
    page = f"/admin/catalog/product/{zaku.pk}/change/"
    fields = {
        "name": "Zaku",
        "slug": "zaku",
        "product_type": zaku.product_type_id,
        "description": "",
        "variants-TOTAL_FORMS": 1,
        "variants-INITIAL_FORMS": 1,
        "variants-0-id": variant.pk,
        "variants-0-price_amount": "19.00",
        "variants-0-weight_grams": 0,
        "variants-0-position": 0,
        "variants-0-is_active": "on",
        "images-TOTAL_FORMS": len(REFUSED),
        "images-INITIAL_FORMS": 0,
    }
    for place, upload in enumerate(REFUSED):
        fields[f"images-{place}-position"] = place
        fields[f"images-{place}-file"] = SimpleUploadedFile("zaku.png", upload.content)
    fields["new_pictures"] = [SimpleUploadedFile("zaku.png", upload.content) for upload in REFUSED]

    answer = client.post(page, fields)

    formset = next(one.formset for one in answer.context["inline_admin_formsets"] if one.opts.model is ProductImage)
    assert [list(form.errors) for form in formset.forms] == [["file"]] * len(REFUSED)
    assert len(answer.context["adminform"].form.errors["new_pictures"]) == len(REFUSED)
    assert not ProductImage.objects.exists()
    assert files_in(media) == []
