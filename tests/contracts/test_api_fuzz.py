"""The API against everything its own schema allows, and what it does not: no answer is ever a 5xx.

Every operation gets generated requests, valid and invalid, from a guest, a customer and a member of staff. The database
is real and small; what a request does is rolled back with its test. `API_FUZZ_EXAMPLES=50` looks longer, and at every
boundary of every parameter, one after the other: some seventy requests for each operation.
"""

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from apps.accounts import services as account_services
from apps.accounts.models import User
from apps.fx_rates.tests.factories import RateFactory
from apps.inventory.tests.factories import StockItemFactory
from apps.shipping.tests.factories import ShippingMethodFactory, TaxRateFactory
from config.wsgi import application
from tests.security.access import ACCESS

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def keep_connection():
    """The application closes its connection with each request; here it is the one that rolls back."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def headers(kept_for_the_module, keep_connection):
    """By person, what a request of his carries."""
    ShippingMethodFactory()
    TaxRateFactory()
    StockItemFactory()
    RateFactory()
    people = {
        "guest": None,
        "customer": User.objects.create_user("ada@example.test", "a-long-password"),
        "staff": User.objects.create_superuser("staff@example.test", "a-long-password"),
    }
    return {name: user and {"Authorization": f"Bearer {access_of(user)}"} for name, user in people.items()}


def access_of(user):
    return account_services.open_session(user=user, device=account_services.Device()).access


@pytest.mark.parametrize("route", sorted(ACCESS))
def test_no_request_breaks_the_server(route, headers, sandbox, settings):
    from tests.contracts import generated  # what it imports takes a second, and the schema another

    settings.STRIPE_API_BASE = sandbox.stripe_base
    generated.ask(route, lambda case: (case.call(app=application, headers=who or {}) for who in headers.values()))
