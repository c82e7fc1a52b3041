"""What staff and a store's people do with pictures over the API."""

from io import BytesIO
from uuid import uuid4

import pytest
from PIL import Image

from apps.accounts.tests.factories import UserFactory
from apps.accounts.tests.signing_in import client_with, sign_in
from apps.catalog import services
from apps.catalog.models import Product, ProductImage, ProductStatus
from apps.catalog.tests.factories import draft_product, show
from apps.stores.models import StoreRole
from apps.stores.tests.factories import StoreMemberFactory

pytestmark = pytest.mark.django_db

IMAGES = "/api/v1/products/zaku/images/"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture(scope="module")
def zaku(kept_for_the_module):
    return show(draft_product("zaku"))[0]


@pytest.fixture(scope="module")
def seller(zaku):
    return member(zaku.store, StoreRole.MANAGER)


def member(store, role):
    return client_with(sign_in(StoreMemberFactory(store=store, user=UserFactory(), role=role).user).access)


def picture():
    file = BytesIO()
    Image.new("RGB", (400, 300), "green").save(file, "PNG")
    file.seek(0)
    file.name = "zaku.png"
    return file


def upload(client, **fields):
    answer = client.post(IMAGES, {"file": picture(), **fields}, format="multipart")
    assert answer.status_code == 201, answer.json()
    return answer.json()


def order(client):
    return [image["alt"] for image in client.get(IMAGES).json()]


def test_a_picture_is_added_with_all_that_can_be_said_of_it(zaku, seller):
    variant = str(zaku.variants.get().public_id)
    upload(seller, alt="Front")

    told = upload(seller, alt="In its box", variant=variant, position=0)

    image = ProductImage.objects.get(alt="In its box")
    assert told == {
        "id": str(image.public_id),
        "url": f"/media/{image.file.name}",
        "alt": "In its box",
        "width": 400,
        "height": 300,
        "renditions": None,
        "variant": variant,
        "position": 0,
        "is_primary": True,
    }
    assert seller.get(IMAGES).json()[0] == told


def test_the_change_is_in_the_very_next_read(seller):
    shopper = client_with("")
    page = "/api/v1/products/zaku/"
    shopper.credentials()
    tag = shopper.get(page)["ETag"]

    image = upload(seller, alt="Front")

    again = shopper.get(page, headers={"If-None-Match": tag})
    assert (again.status_code, again.json()["image"]["alt"]) == (200, "Front")
    seller.delete(f"{IMAGES}{image['id']}/")
    assert shopper.get(page).json()["image"] is None


def test_what_is_not_sent_stays_as_it_is(zaku, seller):
    upload(seller, alt="Front")
    back = upload(seller, alt="Back", variant=str(zaku.variants.get().public_id))

    told = seller.patch(f"{IMAGES}{back['id']}/", {"is_primary": True}, format="json").json()

    assert told == back | {"position": 0, "is_primary": True}
    told = seller.patch(f"{IMAGES}{back['id']}/", {"alt": "Its back", "variant": None}, format="json").json()
    assert (told["alt"], told["variant"], told["position"]) == ("Its back", None, 0)


def test_pictures_are_put_in_order(seller):
    a, b, c = (upload(seller, alt=alt)["id"] for alt in "ABC")

    told = seller.put(f"{IMAGES}order/", {"images": [c, a]}, format="json").json()

    assert [image["alt"] for image in told] == order(seller) == ["C", "A", "B"]
    assert [image["is_primary"] for image in told] == [True, False, False]
    assert seller.put(f"{IMAGES}order/", {"images": [b, str(uuid4())]}, format="json").status_code == 404
    assert order(seller) == ["C", "A", "B"]


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"is_primary": False}, 400, "invalid-input", "is_primary"),
        ({"position": -1}, 400, "invalid-input", "position"),
        ({"alt": "x" * 201}, 400, "invalid-input", "alt"),
        ({"variant": str(uuid4())}, 422, "picture-of-other-variant", "variant"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(seller, change, status, code, field):
    image = upload(seller, alt="Front")

    answer = seller.patch(f"{IMAGES}{image['id']}/", change, format="json")

    assert (answer.status_code, answer.json()["code"], list(answer.json()["errors"])) == (status, code, [field])
    assert seller.get(IMAGES).json() == [image]


def test_a_picture_of_another_product_is_not_found(zaku, seller):
    other = show(draft_product("other"))[0]
    (image,) = services.add_images(images=[services.NewImage(product_id=other.pk, file=picture())])

    assert seller.patch(f"{IMAGES}{image.public_id}/", {"alt": "Mine"}, format="json").status_code == 404
    assert seller.delete(f"{IMAGES}{image.public_id}/").status_code == 404
    assert ProductImage.objects.get().alt == ""


def test_a_draft_has_pictures_too_for_those_who_keep_it_and_for_nobody_else(zaku, seller):
    services.archive_product(product_id=zaku.pk)
    assert Product.objects.get(pk=zaku.pk).status == ProductStatus.ARCHIVED

    upload(seller, alt="Front")

    assert order(seller) == ["Front"]
    assert member(show(draft_product("other"))[0].store, StoreRole.CLERK).get(IMAGES).status_code == 200
    assert client_with(sign_in(UserFactory()).access).get(IMAGES).status_code == 404


def test_a_clerk_looks_and_changes_nothing(zaku, seller):
    clerk = member(zaku.store, StoreRole.CLERK)
    image = upload(seller, alt="Front")

    assert order(clerk) == ["Front"]
    assert clerk.post(IMAGES, {"file": picture()}, format="multipart").status_code == 403
    assert clerk.delete(f"{IMAGES}{image['id']}/").status_code == 403
    assert order(clerk) == ["Front"]
