from types import SimpleNamespace
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from apps.inventory.tests.factories import StockItemFactory
from apps.orders.tests.factories import ADDRESS
from apps.shipping.tests.factories import ShippingMethodFactory, TaxRateFactory


class Shopper:
    """A storefront in the hands of one person: keeps the cart token and knows what a checkout needs."""

    def __init__(self, user=None):
        self.client = APIClient()
        self.token = None
        if user is not None:
            self.client.force_authenticate(user)

    @property
    def headers(self):
        return {"X-Cart-Token": self.token} if self.token else {}

    def add(self, item, quantity=1):
        body = {"variant_id": str(item.variant.public_id), "quantity": quantity}
        response = self.client.post("/api/v1/cart/items/", body, format="json", headers=self.headers)
        assert response.status_code == 201, response.content
        self.token = response.json().get("token") or self.token
        return response.json()

    def cart(self):
        return self.client.get("/api/v1/cart/", headers=self.headers).json()

    def preview(self, **body):
        return self.client.post(
            "/api/v1/checkout/preview/", {"country": "VE"} | body, format="json", headers=self.headers
        )

    def check_out(self, key=None, **changes):
        body = {
            "email": "ada@example.test",
            "shipping_address": ADDRESS,
            "shipping_method": "courier",
            "payment_method": "bank_transfer",
        }
        headers = {**self.headers, "Idempotency-Key": key or uuid4().hex}
        return self.client.post("/api/v1/checkout/", body | changes, format="json", headers=headers)


@pytest.fixture
def shop(db):
    """A shelf with ten units at 10.00 USD, a courier for 6.00 and IVA of 16 %."""
    ShippingMethodFactory()
    TaxRateFactory()
    return SimpleNamespace(item=StockItemFactory(on_hand=10), shopper=Shopper, address=ADDRESS)
