import pytest
from django.urls import reverse

from apps.common.tests.staff import boss_client
from apps.shipping.models import ShippingMethod, ShippingZone, TaxRate
from apps.shipping.tests.factories import ShippingMethodFactory, ShippingZoneFactory

pytestmark = pytest.mark.django_db

ADD_ZONE = reverse("admin:shipping_shippingzone_add")


def test_countries_of_a_zone_are_kept_as_codes_in_capitals():
    boss_client().post(ADD_ZONE, {"code": "andes", "name": "Andes", "countries": "ve, co"})

    assert ShippingZone.objects.get().countries == ["CO", "VE"]


def test_a_country_that_is_no_code_is_refused():
    answer = boss_client().post(ADD_ZONE, {"code": "andes", "name": "Andes", "countries": "Venezuela"})

    assert "errornote" in answer.content.decode()
    assert not ShippingZone.objects.exists()


def test_the_price_of_a_method_is_edited_and_its_code_stays():
    method = ShippingMethodFactory()
    fields = {"name": "Courier", "zone": ShippingZoneFactory().pk, "currency": "USD", "min_days": "1", "max_days": "3"}

    address = reverse("admin:shipping_shippingmethod_change", args=[method.pk])
    boss_client().post(address, fields | {"price_amount": "7.50", "code": "other", "is_active": "on"})

    changed = ShippingMethod.objects.get()
    assert (changed.code, str(changed.price_amount), changed.max_days) == ("courier", "7.5000", 3)
    assert changed.updated_at > method.updated_at


def test_a_tax_is_added_for_a_country():
    fields = {"code": "iva", "name": "IVA", "country": "ve", "tax_class": "standard", "percent": "16"}

    boss_client().post(reverse("admin:shipping_taxrate_add"), fields)

    assert TaxRate.objects.get().country == "VE"
