import pytest


@pytest.fixture(scope="module")
def running_shop(stack):
    """The whole shop for tests that only use it."""
    return stack.be_running()
