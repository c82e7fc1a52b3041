from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from psycopg import connect

from apps.accounts.models import User
from apps.cart.tests.factories import CartItemFactory
from apps.common.transactions import MOST_TRIES, retry_collisions
from tests.racing import race

TOKEN = "a guest's own"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two_people(django_user_model: type[User]) -> list[User]:
    return [django_user_model.objects.create_user(f"{name}@example.com") for name in ("ana", "luis")]


def crosswise(people: list[User], guard: Callable[[Any], Any]) -> list[Any]:
    """Two transactions that write both rows, each in the other's order, and surely meet the first time."""
    both_hold_one = threading.Barrier(2, timeout=20)
    has_met = threading.local()

    @guard
    @transaction.atomic
    def rename(first: User, second: User) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL deadlock_timeout = '20ms'")
        User.objects.filter(pk=first.pk).update(first_name=first.email)
        if not hasattr(has_met, "once"):
            has_met.once = True
            both_hold_one.wait()
        User.objects.filter(pk=second.pk).update(first_name=first.email)
        return first.email

    ana, luis = people
    return race(lambda: rename(ana, luis), lambda: rename(luis, ana))


def test_of_two_that_wait_for_each_other_both_come_to_their_end(two_people: list[User]) -> None:
    assert crosswise(two_people, retry_collisions) == ["ana@example.com", "luis@example.com"]


def test_twin_without_the_guard_one_of_the_two_is_broken_off(two_people: list[User]) -> None:
    outcomes = crosswise(two_people, lambda work: work)

    assert sum(isinstance(outcome, OperationalError) for outcome in outcomes) == 1


def test_a_transaction_that_always_collides_is_given_up() -> None:
    tries = []

    @retry_collisions
    @transaction.atomic
    def collide() -> None:
        tries.append(1)
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'serialization_failure'; END $$")

    with pytest.raises(OperationalError):
        collide()
    assert len(tries) == MOST_TRIES


def test_inside_a_callers_transaction_nothing_is_begun_again() -> None:
    tries = []

    @retry_collisions
    def collide() -> None:
        tries.append(1)
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'deadlock_detected'; END $$")

    with pytest.raises(OperationalError), transaction.atomic():
        collide()
    assert len(tries) == 1


@contextmanager
def somebody_holding(statement: str, *values: Any) -> Any:
    """Another connection has the rows until the end of the block."""
    known = connection.get_connection_params()
    known = {name: known[name] for name in ("host", "port", "dbname", "user", "password") if known.get(name)}
    with connect(**known) as other:
        other.execute(statement, values)
        yield
        other.rollback()


def test_who_waits_too_long_for_a_row_is_asked_to_come_again(client: Any) -> None:
    item = CartItemFactory.create(cart__token=TOKEN)
    held = "SELECT 1 FROM cart_cart WHERE id = %s FOR UPDATE"
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    try:
        with somebody_holding(held, item.cart_id):
            answer = client.delete(f"/api/v1/cart/items/{item.public_id}/", headers={"X-Cart-Token": TOKEN})
    finally:
        connection.close()

    assert answer.status_code == 503
    assert answer["Retry-After"] == "1"
    assert answer.json()["code"] == "busy"
