"""The servers that settings name: with REDIS_URL the shop uses Redis, without it files; no code changes."""

import os
import subprocess
import sys

import pytest
import redis
from django.db import connection

from apps.outbox.models import Delivery, OutboxMessage
from tests import database
from tests.processes import running, wait_until


@pytest.fixture
def environment(transactional_db, tmp_path):
    """A laptop's settings, on this test's database."""
    return {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "DATABASE_URL": database.url(),
        "DATA_DIR": str(tmp_path),
    }


@pytest.fixture(params=["files", "redis"])
def broker(request, environment):
    if request.param == "redis":
        environment["REDIS_URL"] = request.getfixturevalue("redis_url")
    return environment


def shell(code, environment):
    """What it prints, after whatever Django says of itself."""
    command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", code]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def test_a_worker_is_woken_through_the_broker(broker, tmp_path):
    message = OutboxMessage.objects.create(event_type="orders.OrderPlaced", payload={})
    delivery = Delivery.objects.create(message=message, handler="nobody.listens")
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool", "solo", "--without-mingle"]
    log = tmp_path / "worker.log"

    with running(command, log, env=broker) as worker:
        shell("from apps.outbox.services import wake_relay; wake_relay()", broker)
        tried = wait_until(lambda: Delivery.objects.exclude(last_error="").first(), process=worker, log=log)

    assert (tried.pk, tried.attempts, tried.last_error[:8]) == (delivery.pk, 1, "KeyError")


def test_the_cache_is_in_redis_where_there_is_one(environment, redis_url):
    shell("from django.core.cache import cache; cache.set('colour', 'red', 60)", environment | {"REDIS_URL": redis_url})

    with redis.Redis.from_url(redis_url) as client:
        assert client.keys("*:colour") == [b":1:colour"]


def test_without_redis_the_cache_is_in_the_process_and_the_database_is_the_one_that_is_named(environment):
    code = """
from django.core.cache import cache
from django.db import connection
cursor = connection.cursor()
cursor.execute("SELECT current_database()")
print(type(cache._cache).__name__, cursor.fetchone()[0])
"""

    assert shell(code, environment) == f"OrderedDict {connection.settings_dict['NAME']}"
