from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.catalog.models import Product, ProductDocument, ProductVariant
from apps.common import audit
from apps.inventory.models import StockMovement
from apps.operations import demo
from apps.shipping import selectors as shipping_selectors
from apps.shipping.models import TaxRate
from apps.stores.models import Store

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def laptop(settings, tmp_path):
    settings.DEBUG = True
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def seed(*options):
    out = StringIO()
    call_command("seed_demo", *options, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_fills_an_empty_shop_and_changes_nothing_the_second_time(laptop):
    seed()
    moved, pictures = StockMovement.objects.count(), len(list(laptop.rglob("*.webp")))
    User.objects.get(email=demo.STAFF_EMAIL).set_password("changed since")

    again = seed()

    assert "0 new, 0 changed, 237 as they were" in again
    assert (ProductDocument.objects.count(), ProductVariant.objects.count()) == (237, 302)
    assert StockMovement.objects.count() == moved
    assert len(list(laptop.rglob("*.webp"))) == pictures == 237
    assert Store.objects.get().name == "Hangar 58"
    assert [method.code for method in shipping_selectors.methods_to("VE")] == ["caracas-pickup", "venezuela-courier"]
    assert TaxRate.objects.get(country="VE", tax_class="standard").percent == 16
    assert list(audit.run()) == []


def test_the_logins_work(client):
    demo.seed_logins()

    staff = User.objects.get(email=demo.STAFF_EMAIL)
    assert staff.is_superuser
    assert client.login(username=demo.STAFF_EMAIL, password=demo.PASSWORD)
    answer = APIClient().post(
        "/api/v1/auth/login/", {"email": demo.CUSTOMER_EMAIL, "password": demo.PASSWORD}, format="json"
    )
    assert answer.status_code == 200


def test_an_existing_login_keeps_its_password():
    User.objects.create_user(demo.CUSTOMER_EMAIL, "my own password")

    demo.seed_logins()

    assert User.objects.get(email=demo.CUSTOMER_EMAIL).check_password("my own password")


def test_known_passwords_are_not_made_where_debug_is_off(settings):
    settings.DEBUG = False

    with pytest.raises(CommandError, match="a superuser whose password everybody knows"):
        seed()

    assert not User.objects.exists()
    assert not Product.objects.exists()


def test_a_large_catalogue_is_the_same_everywhere_and_can_be_gone_on_with():
    seed("--products", "240", "--without-logins")
    before = set(Product.objects.values_list("slug", flat=True))

    seed("--products", "250", "--without-logins")

    assert (len(before), Product.objects.count(), ProductDocument.objects.count()) == (240, 250, 250)
    assert "hg-rx-78-2-gundam-237" in before
    assert ProductDocument.objects.get(slug="hg-rx-78-2-gundam-237").card["image"]["alt"] == "HG RX-78-2 Gundam"
    assert not User.objects.exists()


@pytest.mark.parametrize("number", ["-1", "1000001"])
def test_refuses_a_catalogue_of_an_impossible_size(number):
    with pytest.raises(CommandError, match="--products goes up to 1000000"):
        seed(f"--products={number}")
