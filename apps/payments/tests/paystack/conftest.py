import pytest

from apps.payments.providers import get_provider
from apps.payments.tests.paystack.asking import REFERENCE, start


@pytest.fixture
def paystack(sandbox, settings):
    """The sandbox in Paystack's place, for an account that takes dollars and nairas."""
    settings.PAYSTACK_SECRET_KEY = "sk_test_sandbox"
    settings.PAYSTACK_BASE_URL = f"{sandbox.url}/paystack"
    settings.PAYSTACK_CURRENCIES = ["USD", "NGN", "XOF"]
    settings.PROVIDER_TIMEOUTS = (1.0, 1.0)
    return sandbox


@pytest.fixture
def provider(paystack):
    return get_provider("paystack")


@pytest.fixture
def at(paystack):
    """Something happens to the transaction of that name: at("approve"), at("dispute", amount=500)."""
    return lambda act, **wishes: paystack.control("POST", f"/paystack/transactions/{REFERENCE}/{act}", wishes)


@pytest.fixture
def overwrite(paystack):
    return lambda **fields: paystack.control("POST", f"/paystack/transactions/{REFERENCE}", fields)


@pytest.fixture
def settle(paystack):
    """Time passes for the refund of that number."""
    return lambda number, status="processed": paystack.control(
        "POST", f"/paystack/refunds/{number}/settle", {"status": status}
    )


@pytest.fixture
def paid(provider, at):
    start(provider)
    at("approve")
    return REFERENCE
