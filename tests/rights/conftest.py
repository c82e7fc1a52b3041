import pytest

from tests.rights.life import live_a_life


@pytest.fixture
def stripe(sandbox, settings):
    settings.STRIPE_API_BASE = sandbox.stripe_base
    settings.PROVIDER_TIMEOUTS = (1.0, 1.0)
    return sandbox


@pytest.fixture
def ada(db, stripe, settings):
    """Somebody who has left a trace in every room of the shop."""
    settings.PAGO_MOVIL = True
    return live_a_life()
