"""Each row's own page opens, for every model that has one."""

from decimal import Decimal

import pytest
from django.contrib import admin
from django.urls import reverse

from apps.catalog.models import Attribute, Category, Tag
from apps.catalog.tests.factories import ProductFactory
from apps.common.tests.staff import boss_client
from apps.fx_rates.tests.factories import AlertFactory, RateFactory
from apps.inventory.tests.factories import StockItemFactory
from apps.notifications.models import Message
from apps.orders.tests.placing import pay_in_full, place
from apps.outbox.models import Delivery, OutboxMessage
from apps.payments import services as payment_services
from apps.payments.models import Case, CaseKind, Refund, WebhookEvent
from apps.shipping.tests.factories import ShippingMethodFactory, TaxRateFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    """At least one row of everything that has a page."""
    order = place(StockItemFactory())
    payment = payment_services.open_payment(order=order, provider="bank_transfer")
    Refund.objects.create(payment=payment, amount=Decimal(1), currency="USD", reason="A scratch", actor="shop")
    Case.objects.create(kind=CaseKind.WRONG_AMOUNT, payment=payment, summary="Too little came")
    WebhookEvent.objects.create(provider="stripe", dedupe_key="evt_1", event_type="x", raw_body=b"{}")
    pay_in_full(order_id=order.pk)
    Delivery.objects.create(message=OutboxMessage.objects.latest("pk"), handler="nobody.listens", status="dead")
    Message.objects.create(recipient="a@example.test", template="x", language="en", dedupe_key="1", subject="Hello")
    ProductFactory(slug="lonely").tags.add(Tag.objects.create(slug="new", name="New"))
    Attribute.objects.create(code="grade", name="Grade")
    Category.objects.add_root({"slug": "kits", "name": "Kits"})
    ShippingMethodFactory()
    TaxRateFactory()
    RateFactory()
    AlertFactory()


def test_every_page_opens(shop):
    client = boss_client()
    for model in [model for model in admin.site._registry if model.__module__.startswith("apps.")]:
        name = model._meta.label_lower.replace(".", "_")
        row = model._default_manager.order_by("pk").last()
        for page in ["change", "history"]:
            assert client.get(reverse(f"admin:{name}_{page}", args=[row.pk])).status_code == 200, name
