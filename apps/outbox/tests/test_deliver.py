import random
import threading
import time

import pytest
from django.db import connection

from apps.common import audit
from apps.outbox import services
from apps.outbox.models import Delivery
from apps.outbox.tests.listening import HEARD, TROUBLE, Killed, die, make_due, refuse, ring
from tests.racing import race

pytestmark = pytest.mark.django_db


def of_ear():
    return Delivery.objects.get(handler="outbox.ear")


def state(delivery):
    return delivery.status, delivery.attempts, delivery.last_error


def test_each_listener_hears_it_once():
    ring(1)

    assert services.drain() == 2
    assert services.drain() == 0
    assert HEARD == {"ear": [1], "diary": [1]}
    assert set(Delivery.objects.values_list("status", "attempts")) == {("done", 1)}
    assert list(audit.run()) == []


def test_a_listener_that_fails_is_asked_again_later_and_holds_up_no_other():
    TROUBLE[1] = refuse
    ring(1)

    services.drain()

    assert HEARD == {"ear": [1], "diary": [1]}
    assert state(of_ear()) == ("pending", 1, "ValueError: too loud")
    assert 1.4 < seconds_until_due(of_ear()) < 2.6

    TROUBLE.clear()
    make_due()
    services.drain()
    assert HEARD == {"ear": [1, 1], "diary": [1]}
    assert state(of_ear()) == ("done", 2, "")


def test_one_that_fails_at_every_attempt_becomes_a_dead_letter():
    TROUBLE[1] = refuse
    ring(1)

    for _ in range(services.MAX_ATTEMPTS + 3):
        services.drain()
        make_due()

    assert len(HEARD["ear"]) == services.MAX_ATTEMPTS == 16
    assert state(of_ear()) == ("dead", 16, "ValueError: too loud")


def test_one_that_kills_its_worker_at_every_attempt_becomes_a_dead_letter():
    TROUBLE[1] = die
    ring(1)

    for _ in range(services.MAX_ATTEMPTS):
        with pytest.raises(Killed):
            services.drain()
        make_due()
    services.drain()

    assert len(HEARD["ear"]) == 16
    assert state(of_ear()) == ("dead", 17, "The worker died at every attempt.")


def test_a_crash_between_the_work_and_the_mark_delivers_again_after_the_lease():
    TROUBLE[1] = die
    ring(1)

    with pytest.raises(Killed):
        services.drain()
    TROUBLE.clear()
    services.drain()
    assert HEARD["ear"] == [1], "the lease still holds"
    assert 80 < seconds_until_due(of_ear()) <= services.LEASE_SECONDS

    make_due()
    services.drain()
    assert HEARD == {"ear": [1, 1], "diary": [1]}
    assert state(of_ear()) == ("done", 2, "")


def test_a_listener_that_is_gone_from_the_code_waits_for_a_release_that_has_it():
    ring(1)
    Delivery.objects.filter(handler="outbox.ear").update(handler="outbox.nose")

    services.drain()

    assert state(Delivery.objects.get(handler="outbox.nose")) == ("pending", 1, "KeyError: 'outbox.nose'")


def test_whoever_outlives_his_lease_can_no_longer_mark_the_delivery():
    ring(1)
    Delivery.objects.exclude(handler="outbox.ear").delete()
    slow = services._claim()
    make_due()
    services.drain()
    done_at = of_ear().done_at

    services._put_back(slow, "too late to complain")

    assert state(of_ear()) == ("done", 2, "")
    assert of_ear().done_at == done_at


def test_a_handler_whose_lease_ran_out_meanwhile_does_not_count_as_done():
    TROUBLE[1] = make_due
    ring(1)

    services._deliver(services._claim())  # the diary's
    services._deliver(services._claim())

    assert (of_ear().status, of_ear().attempts) == ("pending", 1)


def test_events_of_one_aggregate_wait_for_the_one_that_fails():
    TROUBLE[1] = refuse
    ring(1, 2, 3, tower="north")
    ring(4, tower="south")

    services.drain()
    assert HEARD == {"ear": [1, 4], "diary": [1, 2, 3, 4]}

    TROUBLE.clear()
    make_due()
    services.drain()
    assert HEARD["ear"] == [1, 4, 1, 2, 3]


def test_a_dead_letter_does_not_hold_up_its_aggregate():
    TROUBLE[1] = refuse
    ring(1, 2, tower="north")
    Delivery.objects.filter(handler="outbox.ear", message__payload__number=1).update(attempts=15)

    services.drain()

    assert HEARD["ear"] == [1, 2]
    assert list(Delivery.objects.filter(status="dead").values_list("handler", "attempts")) == [("outbox.ear", 16)]


def test_events_without_an_aggregate_do_not_wait_for_each_other():
    TROUBLE[1] = refuse
    ring(1, 2)

    services.drain()

    assert HEARD["ear"] == [1, 2]


def test_a_relay_starts_nothing_new_after_its_shift():
    ring(1, 2)

    assert services.drain(seconds=0) == 0
    assert HEARD == {}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_relays_share_the_work_and_nobody_hears_twice():
    numbers = list(range(40))
    TROUBLE.update(dict.fromkeys(numbers, lambda: time.sleep(0.002)))
    ring(*numbers)

    handed = race(*[services.drain] * 4)

    assert sum(handed) == 80
    assert sorted(HEARD["ear"]) == sorted(HEARD["diary"]) == numbers


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_relays_keep_the_order_of_every_aggregate():
    towers = ["north", "south", "east"]
    numbers = {tower: list(range(index * 100, index * 100 + 15)) for index, tower in enumerate(towers)}
    for row in zip(*numbers.values(), strict=True):
        for number, tower in zip(row, towers, strict=True):
            TROUBLE[number] = lambda: time.sleep(random.random() / 200)
            ring(number, tower=tower)

    race(*[lambda: [services.drain() or time.sleep(0.01) for _ in range(10)]] * 4)

    for tower, expected in numbers.items():
        assert [number for number in HEARD["ear"] if number in expected] == expected, tower


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_relays_are_never_at_the_same_delivery():
    together, inside = threading.Semaphore(1), []
    TROUBLE[1] = lambda: inside.append(together.acquire(blocking=False)) or time.sleep(0.2)
    ring(1)

    race(*[services.drain] * 4)

    assert inside == [True]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("guard", "without"),
    [
        (" LIMIT 1 FOR UPDATE SKIP LOCKED", ", pg_sleep(0.05)::text LIMIT 1"),
        ("due_at = statement_timestamp() +", "due_at = due_at + 0 *"),
    ],
    ids=["lock", "lease"],
)
def test_without_the_lock_or_the_lease_the_same_race_delivers_twice(monkeypatch, guard, without):
    """The twin of the race above: the relay's own statement less one guard; it proves that the race can be lost."""
    monkeypatch.setattr(services, "_CLAIM", services._CLAIM.replace(guard, without))
    TROUBLE[1] = lambda: time.sleep(0.2)
    ring(1)

    race(*[services.drain] * 4)

    assert len(HEARD["ear"]) > 1


def seconds_until_due(delivery):
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM %s - statement_timestamp())", [delivery.due_at])
        return float(cursor.fetchone()[0])
