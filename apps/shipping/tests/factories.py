from decimal import Decimal

import factory

from apps.shipping.models import ShippingMethod, ShippingZone, TaxRate


class ShippingZoneFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ShippingZone
        django_get_or_create = ("code",)

    code = "venezuela"
    name = "Venezuela"
    countries = ["VE"]


class ShippingMethodFactory(factory.django.DjangoModelFactory):
    """A courier for 6.00 USD within Venezuela."""

    class Meta:
        model = ShippingMethod
        django_get_or_create = ("code",)

    code = "courier"
    name = "Courier"
    zone = factory.SubFactory(ShippingZoneFactory)
    price_amount = Decimal("6.00")


class TaxRateFactory(factory.django.DjangoModelFactory):
    """IVA of 16 % on standard goods in Venezuela."""

    class Meta:
        model = TaxRate
        django_get_or_create = ("code",)

    code = "ve-iva"
    name = "IVA"
    country = "VE"
    percent = Decimal(16)
