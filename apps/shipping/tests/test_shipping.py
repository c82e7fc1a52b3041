from decimal import Decimal

import pytest

from apps.common.money import Money
from apps.shipping import selectors
from apps.shipping.tests.factories import ShippingMethodFactory, ShippingZoneFactory

pytestmark = pytest.mark.django_db


def test_offers_what_serves_the_country_cheapest_first():
    ShippingMethodFactory()
    ShippingMethodFactory(code="pickup", price_amount=0)
    ShippingMethodFactory(code="off", is_active=False)
    ShippingMethodFactory(code="africa", zone=ShippingZoneFactory(code="africa", countries=["NG", "GH"]))
    ShippingMethodFactory(code="world", zone=ShippingZoneFactory(code="world", countries=[]), price_amount=40)

    assert [method.code for method in selectors.methods_to("VE")] == ["pickup", "courier", "world"]
    assert [method.code for method in selectors.methods_to("GH")] == ["africa", "world"]


@pytest.mark.parametrize(("subtotal", "price"), [("119.99", "6.00"), ("120.00", "0"), ("500", "0")])
def test_is_free_from_the_threshold_on(subtotal, price):
    method = ShippingMethodFactory(free_over_amount=Decimal("120.00"))

    assert method.price_for(Money(Decimal(subtotal), "USD")) == Money(Decimal(price), "USD")
