import pytest

from tests.security.world import a_world


@pytest.fixture(scope="package")
def world(django_db_setup, django_db_blocker, sandbox_server, tmp_path_factory):
    sandbox_server.reset()
    with django_db_blocker.unblock(), a_world(sandbox_server, tmp_path_factory.mktemp("pictures")) as world:
        yield world
