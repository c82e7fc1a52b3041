import pytest
from django.db import connection
from django.db.models.functions import Now

from apps.common import limits
from apps.common.limits import InMemory, Limit
from apps.common.models import Counter
from tests.racing import race

pytestmark = pytest.mark.django_db

TEN = Limit(10, 60)


@pytest.fixture(params=["postgres", "redis", "memory"])
def counters(request, settings):
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        settings.CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": url}}
    return {"postgres": limits.in_postgres, "redis": limits.in_redis, "memory": InMemory()}[request.param]


@pytest.fixture
def key(request):
    return f"test:{request.node.nodeid}"


def test_counts_up_to_the_limit_and_beyond(counters, key):
    counts = [counters.add(key, Limit(2, 60)) for _ in range(3)]

    assert [(count.used, count.remaining, count.is_exceeded) for count in counts] == [
        (1, 1, False),
        (2, 0, False),
        (3, 0, True),
    ]
    assert all(0 < count.seconds_left <= 60 for count in counts)


def test_each_key_has_a_count_of_its_own(counters, key):
    counters.add(key, TEN)

    assert counters.add(f"{key} too", TEN).used == 1


def test_what_is_taken_back_did_not_happen(counters, key):
    for _ in range(3):
        counters.add(key, TEN)
    counters.take_back(key)

    assert counters.add(key, TEN).used == 3


def test_what_is_over_cannot_be_taken_back(counters, key):
    counters.take_back(key)

    count = counters.add(key, TEN)

    assert count.used == 1
    assert 0 < count.seconds_left <= 60


def test_what_is_cleared_begins_anew(counters, key):
    counters.add(key, TEN)
    counters.clear(key)

    assert counters.add(key, TEN).used == 1


def test_a_new_window_begins_when_the_old_one_is_over():
    limits.in_postgres.add("key", TEN)
    Counter.objects.update(used=99, ends_at=Now())

    count = limits.in_postgres.add("key", TEN)

    assert (count.used, count.seconds_left) == (1, 60)


def test_counting_on_does_not_prolong_the_window():
    limits.in_postgres.add("key", TEN)
    ends_at = Counter.objects.get().ends_at

    limits.in_postgres.add("key", TEN)

    assert Counter.objects.get().ends_at == ends_at


def test_memory_does_not_grow_without_end():
    counters = InMemory(most_keys=3)
    for number in range(10):
        counters.add(str(number), TEN)

    assert len(counters._windows) <= 3


def test_without_redis_nothing_is_limited(settings):
    settings.CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://127.0.0.1:9/0"}}

    assert not limits.in_redis.add("key", Limit(0, 60)).is_exceeded


def test_counts_that_are_over_are_deleted():
    limits.in_postgres.add("old", TEN)
    Counter.objects.update(ends_at=Now())
    limits.in_postgres.add("new", TEN)

    assert limits.delete_old_counters() == 1
    assert Counter.objects.get().key == "new"


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_a_hundred_at_once_exactly_ten_are_let_through(counters, key):
    counts = race(*[lambda: counters.add(key, TEN)] * 100)

    assert sorted(count.used for count in counts) == list(range(1, 101))
    assert sum(not count.is_exceeded for count in counts) == 10


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_count_in_two_steps_lets_more_through():
    """The twin of the race above: read, then write; it proves that the race can be lost."""
    Counter.objects.create(key="key", used=0, ends_at=Now())

    def careless():
        used = Counter.objects.get(key="key").used + 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.01)")
        Counter.objects.filter(key="key").update(used=used)
        return used <= 10

    assert sum(race(*[careless] * 20)) > 10
