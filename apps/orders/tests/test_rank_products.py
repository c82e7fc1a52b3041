from datetime import timedelta

import pytest

from apps.catalog import selectors as catalog_selectors
from apps.catalog.models import ProductDocument, ProductVariant
from apps.catalog.tests.factories import draft_product, show
from apps.common.clock import database_now
from apps.orders import services
from apps.orders.models import Order, OrderLine, PaymentStatus
from apps.orders.tests.factories import OrderFactory

pytestmark = pytest.mark.django_db


def sell(slug, quantity, *, status=PaymentStatus.PAID, days_ago=0, given_up=0):
    variant = ProductVariant.objects.select_related("product").get(product__slug=slug)
    order = OrderFactory(payment_status=status)
    Order.objects.filter(pk=order.pk).update(created_at=database_now() - timedelta(days=days_ago))
    OrderLine.objects.create(
        order=order,
        variant=variant,
        store_id=variant.product.store_id,
        sku=variant.sku,
        name=variant.product.name,
        quantity=quantity,
        given_up_quantity=given_up,
        currency="USD",
        unit_price_amount=variant.price_amount,
        subtotal_amount=variant.price_amount * quantity,
    )


def popularity():
    return dict(ProductDocument.objects.values_list("slug", "popularity"))


def test_what_was_paid_for_of_late_comes_first(settings):
    settings.POPULARITY_DAYS = 30
    show(*(draft_product(slug) for slug in ("zaku", "gouf", "dom")))
    sell("zaku", 2)
    sell("zaku", 3, given_up=1)
    sell("gouf", 9, status=PaymentStatus.UNPAID)
    sell("gouf", 9, days_ago=31)
    sell("dom", 5, status=PaymentStatus.PARTIALLY_REFUNDED)

    assert services.rank_products() == 2
    assert popularity() == {"zaku": 4, "gouf": 0, "dom": 5}

    edition = catalog_selectors.edition_now()
    assert services.rank_products() == 0
    assert catalog_selectors.edition_now()[:2] == edition[:2]

    OrderLine.objects.filter(sku="DOM-1").update(given_up_quantity=5)
    assert services.rank_products() == 1
    assert popularity() == {"zaku": 4, "gouf": 0, "dom": 0}
