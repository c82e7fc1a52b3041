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
