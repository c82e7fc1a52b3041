"""The API against everything its own schema allows, and what it does not: no answer is ever a 5xx.

Every operation gets generated requests, valid and invalid, from a guest, a customer and a member of staff. The database
is real and small; what a request does is rolled back with its test. `API_FUZZ_EXAMPLES=50` looks longer, and at every
boundary of every parameter, one after the other: some seventy requests for each operation.
"""

import os

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck
from hypothesis import settings as looking
from schemathesis import Case
from schemathesis.checks import not_a_server_error

from apps.accounts import services as account_services
from apps.accounts.models import User
from apps.fx_rates.tests.factories import RateFactory
from apps.inventory.tests.factories import StockItemFactory
from apps.shipping.tests.factories import ShippingMethodFactory, TaxRateFactory
from config.wsgi import application

pytestmark = pytest.mark.django_db


EXAMPLES = int(os.environ.get("API_FUZZ_EXAMPLES", "0"))
schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))
schema.config.phases.coverage.enabled = EXAMPLES > 0


@pytest.fixture(autouse=True)
def keep_connection():
    """The application closes its connection with each request; here it is the one that rolls back."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def headers(db, sandbox, settings):
    settings.STRIPE_API_BASE = sandbox.stripe_base
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


@schema.parametrize()
@looking(
    max_examples=EXAMPLES or 4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)
def test_no_request_breaks_the_server(case: Case, headers):
    for who in headers.values():
        response = case.call(app=application, headers=who or {})
        case.validate_response(response, checks=[not_a_server_error])
