"""The servers that settings name: with REDIS_URL the shop uses Redis, without it files; no code changes."""

import contextlib
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


AT_WORK = """
from django.core.cache import cache, caches
from django.db import connection
from apps.outbox.services import wake_relay
wake_relay()
cache.set("colour", "red", 60)
with connection.cursor() as cursor:
    cursor.execute("SELECT current_database()")
    print(type(caches['default']).__name__, cursor.fetchone()[0])
"""


@contextlib.contextmanager
def a_shop_at_work(environment, log):
    """A worker, and beside it what a process of the shop does: it wakes the worker, writes into the cache, and says
    what that is and which database it has."""
    worker = [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool", "solo", "--without-mingle"]
    shell = [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", AT_WORK]
    with running(worker, log, env=environment) as process:
        said = subprocess.run(shell, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
        yield process, said.strip()


@pytest.fixture
def delivery(transactional_db):
    message = OutboxMessage.objects.create(event_type="orders.OrderPlaced", payload={})
    return Delivery.objects.create(message=message, handler="nobody.listens")


def assert_tried(delivery, worker, log):
    tried = wait_until(lambda: Delivery.objects.exclude(last_error="").first(), process=worker, log=log)
    assert (tried.pk, tried.attempts, tried.last_error[:8]) == (delivery.pk, 1, "KeyError")


def test_without_redis_the_broker_is_files_and_the_cache_in_the_process(environment, delivery, tmp_path):
    with a_shop_at_work(environment, tmp_path / "log") as (worker, said):
        assert_tried(delivery, worker, tmp_path / "log")

    assert said == f"LocMemCache {connection.settings_dict['NAME']}"


def test_with_redis_both_are_in_it(environment, redis_url, delivery, tmp_path):
    with a_shop_at_work(environment | {"REDIS_URL": redis_url}, tmp_path / "log") as (worker, said):
        assert_tried(delivery, worker, tmp_path / "log")

    assert said == f"RedisCache {connection.settings_dict['NAME']}"
    with redis.Redis.from_url(redis_url) as client:
        assert client.keys("*:colour") == [b":1:colour"]
