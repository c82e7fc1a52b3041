"""A real Redis for the tests that want one, in a folder and on a port of its own."""

import shutil
from collections.abc import Iterator

import pytest
import redis

from tests.processes import free_port, running, wait_until


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
    folder, port = tmp_path_factory.mktemp("redis"), free_port()
    command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    url, log = f"redis://127.0.0.1:{port}/0", folder / "log"
    with running(command, log) as server:
        wait_until(lambda: answers(url), process=server, log=log)
        yield url


def answers(url: str) -> bool:
    with redis.Redis.from_url(url) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False
