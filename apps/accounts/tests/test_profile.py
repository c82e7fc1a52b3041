from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from rest_framework.test import APIClient

from apps.accounts.models import Consent
from apps.accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return UserFactory(first_name="Ada", language="en")


@pytest.fixture
def client(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_strangers_have_no_profile():
    response = APIClient().get("/api/v1/me/")

    assert (response.status_code, response.json()["code"]) == (401, "authentication-required")


def test_changes_what_is_sent_and_leaves_the_rest(user, client):
    response = client.patch("/api/v1/me/", {"username": "ada", "last_name": "Ñandú 😀"}, format="json")

    assert response.status_code == 200
    user.refresh_from_db()
    assert (user.first_name, user.last_name, user.username, user.language) == ("Ada", "Ñandú 😀", "ada", "en")
    assert response.json()["last_name"] == "Ñandú 😀"
    assert user.updated_at > user.created_at


def test_forgets_a_phone_that_is_sent_empty(user, client):
    type(user).objects.update(phone="+584121234567")

    assert client.patch("/api/v1/me/", {"phone": ""}, format="json").json()["phone"] == ""


@pytest.mark.parametrize(
    ("field", "value"), [("phone", "12"), ("phone", None), ("language", "klingon"), ("last_name", "a\x00b")]
)
def test_refuses_a_malformed_field_and_changes_nothing(user, client, field, value):
    response = client.patch("/api/v1/me/", {"first_name": "Eve", field: value}, format="json")

    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    user.refresh_from_db()
    assert user.first_name == "Ada"


def test_identity_and_rights_are_not_the_users_to_change(user, client):
    client.patch(
        "/api/v1/me/", {"email": "eve@example.test", "is_staff": True, "id": 1, "password": "x"}, format="json"
    )

    before = (user.email, user.is_staff, user.public_id, user.password)
    user.refresh_from_db()
    assert (user.email, user.is_staff, user.public_id, user.password) == before


def picture(colour="red", kind="PNG"):
    out = BytesIO()
    Image.new("RGB", (900, 600), colour).save(out, kind)
    return SimpleUploadedFile("../../evil.php", out.getvalue(), "text/html")


def test_a_picture_is_written_anew_and_replaces_the_one_before(user, client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    addresses = [
        client.put("/api/v1/me/picture/", {"picture": picture(colour)}).json()["picture"] for colour in ("red", "blue")
    ]

    user.refresh_from_db()
    assert addresses[1] == user.picture.url
    assert addresses[0] != addresses[1]
    assert addresses[1].endswith(".webp")
    with default_storage.open(user.picture.name) as file, Image.open(file) as kept:
        assert (kept.format, kept.size) == ("WEBP", (512, 341))

    assert client.delete("/api/v1/me/picture/").status_code == 204
    assert client.get("/api/v1/me/").json()["picture"] is None


def test_what_is_no_picture_is_refused(user, client):
    file = SimpleUploadedFile("me.png", b"<svg onload=alert(1)>", "image/png")

    response = client.put("/api/v1/me/picture/", {"picture": file})

    assert (response.status_code, response.json()["code"]) == (422, "profile-picture-refused")
    user.refresh_from_db()
    assert not user.picture


def test_preferences_change_one_by_one(client):
    page = "/api/v1/me/preferences/"
    assert client.get(page).json() == {"language": "en", "currency": "", "channels": ["email"], "marketing": []}

    client.patch(page, {"currency": "VES"}, format="json")
    client.patch(page, {"channels": ["whatsapp", "email"]}, format="json")
    client.patch(page, {"marketing": ["reviews", "abandoned_cart"]}, format="json")
    client.patch(page, {"marketing": ["reviews"]}, format="json")

    answer = client.get(page).json()
    [consent] = answer.pop("marketing")
    assert answer == {"language": "en", "currency": "VES", "channels": ["email", "whatsapp"]}
    assert (consent["kind"], consent["source"]) == ("reviews", "preferences")
    [given, ended] = Consent.objects.order_by("-kind")
    assert (given.is_live, ended.kind, ended.withdrawn_by) == (True, "abandoned_cart", "preferences")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", "XXX"),
        ("language", "xx"),
        ("channels", ["pigeon"]),
        ("channels", "email"),
        ("marketing", ["all"]),
    ],
)
def test_preferences_that_the_shop_does_not_know_are_refused(client, field, value):
    response = client.patch("/api/v1/me/preferences/", {field: value}, format="json")

    assert response.status_code == 400


def test_a_username_that_somebody_has_is_refused(client):
    UserFactory(username="grace")

    response = client.patch("/api/v1/me/", {"username": "Grace"}, format="json")

    assert (response.status_code, response.json()["code"]) == (400, "username-taken")
