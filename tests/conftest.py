import pytest

from tests.stack import Stack


@pytest.fixture(scope="session")
def running_shop(tmp_path_factory):
    """`make run` in a folder and on ports of its own, with the demo shop in it; shared by tests that only use it."""
    stack = Stack(tmp_path_factory.mktemp("shop"))
    stack.start()
    yield stack
    stack.stop()
