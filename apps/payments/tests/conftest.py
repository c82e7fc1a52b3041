from types import SimpleNamespace

import pytest

from apps.accounts.models import User
from apps.payments.tests.paying import Buyer, deliver


@pytest.fixture
def stripe(sandbox, settings):
    """The sandbox in Stripe's place; our adapters wait a second for it, not twenty."""
    settings.STRIPE_API_BASE = sandbox.stripe_base
    settings.PROVIDER_TIMEOUTS = (1.0, 1.0)
    return sandbox


@pytest.fixture
def paypal(sandbox, settings, tmp_path):
    """The sandbox in PayPal's place, with the authority that vouches for its certificates."""
    settings.PAYPAL_CLIENT_ID = settings.PAYPAL_CLIENT_SECRET = "sandbox"
    settings.PAYPAL_WEBHOOK_ID = "WH-SANDBOX"
    settings.PAYPAL_BASE_URL = sandbox.paypal_base
    settings.PAYPAL_CERT_ORIGINS = [sandbox.url]
    settings.PAYPAL_CA_FILE = str(tmp_path / "paypal-ca.pem")
    settings.PAYPAL_CURRENCIES = ["USD", "EUR", "JPY", "HUF"]
    settings.PROVIDER_TIMEOUTS = (1.0, 1.0)
    (tmp_path / "paypal-ca.pem").write_bytes(sandbox.paypal_authority)
    return sandbox


@pytest.fixture
def buyer(stripe, db):
    """Somebody who has placed an order and begins to pay it."""
    return Buyer(stripe)


@pytest.fixture
def webhooks(stripe):
    """Deliver to our address what Stripe has sent by now, in this order."""
    return lambda: [deliver(webhook) for webhook in stripe.webhooks]


@pytest.fixture
def staff(db):
    return User.objects.create_superuser("staff@example.test", "a-long-password")


@pytest.fixture
def shop(db):
    """A shelf with ten units at 10.00 USD, and who puts them into a cart."""
    from apps.checkout.tests.conftest import Shopper
    from apps.inventory.tests.factories import StockItemFactory

    return SimpleNamespace(item=StockItemFactory(on_hand=10), shopper=Shopper)
