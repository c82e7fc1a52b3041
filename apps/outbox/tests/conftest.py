import pytest

from apps.outbox.tests.listening import HEARD, TROUBLE


@pytest.fixture(autouse=True)
def _silence():
    HEARD.clear()
    TROUBLE.clear()
