"""Whoever dies, and whenever: each letter is sent, in its order's order, and comes twice only if somebody died of it.

    LETTER_HISTORIES=500 pytest tests/faults/test_letters.py      # as many as you like, other ones each time

The same histories find each of the mistakes below, so we know that they would find others. After a change of the rules
or of Hypothesis they may have to be other ones: a handful of seeds is soon tried.
"""

import logging
import os
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from apps.notifications.services import queueing
from apps.outbox import events
from apps.outbox import services as outbox
from apps.outbox.models import DeliveryStatus
from tests.faults.post import Post, PostOffice

pytestmark = pytest.mark.django_db

ORDERS = st.sampled_from(["ORD-1", "ORD-2", "ORD-3"])
MOODS = st.sampled_from(["well", "well", "busy", "answer lost", "sender killed"])
STATEMENTS = st.integers(1, 12)  # no delivery takes as many


def change(order, times, is_kept):
    return lambda post: post.change(order, times, is_kept=is_kept)


def relay(mood, dies_at):
    return lambda post: post.relay(mood, dies_at)


STEPS = st.one_of(
    st.builds(change, ORDERS, st.integers(1, 6), st.sampled_from([True, True, False])),
    st.builds(relay, MOODS, st.just(0)),
    st.builds(relay, st.just("well"), STATEMENTS),
    st.sampled_from([Post.hold, Post.go_on, Post.wait]),
)
HISTORIES = st.lists(STEPS, min_size=30, max_size=60)
MANY = int(os.environ.get("LETTER_HISTORIES", "0"))
USUAL = settings(max_examples=MANY or 5, database=None, deadline=None, suppress_health_check=list(HealthCheck))
HUNT = settings(USUAL, phases=[Phase.generate], report_multiple_bugs=False)
SEED = 3


@pytest.fixture(autouse=True)
def _post_office(settings, caplog):
    caplog.set_level(logging.CRITICAL, "apps.outbox")  # failures are what it is about, and their traces cost time
    settings.EMAIL_BACKEND = f"{PostOffice.__module__}.{PostOffice.__qualname__}"


def live_through(steps):
    post = Post()
    for step in steps:
        step(post)
    post.come_to_rest()
    post.check()


def histories(live, how):
    """Call with each of them; always the same ones, unless many are asked for."""
    lived = how(given(HISTORIES)(live))
    (lived if MANY else seed(SEED)(lived))()


def test_each_letter_is_sent_in_order_and_twice_only_if_somebody_died_of_it():
    sent = []

    def live(steps):
        live_through(steps)
        sent.extend(PostOffice.taken)

    histories(live, USUAL)

    assert len(sent) > 100


def tell_at_once(patch):
    """Before it is known whether it will have happened."""

    def publish(event):
        for name in events.handler_names(event.event_type()):
            events.handler_for(event.event_type(), name)(event)

    patch.setattr(outbox, "publish", publish)


def mark_as_done_before_it_is_done(patch):
    deliver = outbox._deliver

    def mark_and_deliver(lease):
        outbox._end(lease, DeliveryStatus.DONE)
        deliver(lease)

    patch.setattr(outbox, "_deliver", mark_and_deliver)


def overtake(patch):
    patch.setattr(outbox, "_CLAIM", outbox._CLAIM.replace("d.aggregate = ''", "true"))


def send_out_of_order(patch):
    patch.setattr(queueing, "_stream", lambda message: "")


def write_a_new_letter_at_every_try(patch):
    insert_once = queueing.insert_once

    def insert_again(message):
        message.dedupe_key = str(uuid4())
        return insert_once(message)

    patch.setattr(queueing, "insert_once", insert_again)


MISTAKES = [
    tell_at_once,
    mark_as_done_before_it_is_done,
    overtake,
    send_out_of_order,
    write_a_new_letter_at_every_try,
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_the_same_histories_find_a_mistake(mistake, monkeypatch):
    mistake(monkeypatch)

    with pytest.raises(AssertionError, match=r"lost, or told of|told twice|out of order"):
        histories(live_through, HUNT)
