"""`python -m bench.outbox`: how fast events that have waited are delivered, and that each is heard once.

All are written while no worker runs, as during an outage; then workers take them until none is left. First four of each
order, with a listener that has nothing to do, which is what the relay itself costs; then, a fifth of them, what the
shop does most: mails that wait to be sent, to a mail server on this machine, each over a connection of its own. The
database holds nothing else, and stands in `.data/bench/`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from time import monotonic

from bench.relay import BellRang  # first, for it sets Django up

# isort: split
from apps.notifications.events import MessageQueued
from apps.notifications.models import Message, MessageStatus
from apps.notifications.tests.smtp_sink import SmtpSink, smtp_sink
from apps.outbox.events import DomainEvent, handler_names
from apps.outbox.models import Delivery, OutboxMessage
from bench import shop

EVENTS_PER_ORDER = 4  # heard one after the other
BATCH = 1000  # rows a statement
MOST_SECONDS = 60  # for 10,000 on two cores
WORDS = "Thank you for your order. We tell you as soon as it is on its way.\n" * 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.outbox", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000, help="that wait (default 10000)")
    parser.add_argument("--mails", type=int, help="of those that are mails (default a fifth)")
    parser.add_argument("--workers", type=int, default=2, help="processes that deliver them (default 2)")
    options = parser.parse_args()
    shop.prepare_empty()
    runs = []
    mails = options.events // 5 if options.mails is None else options.mails
    works = (("nothing to do", ring, options.events), ("mails to send", queue_mails, mails))
    for name, fill, events in works:
        with smtp_sink() as sink:
            fill(events)
            run = deliver(workers=options.workers, port=sink.port)
            check(events, run, sink)
        print(f"{name}: {events:,} events, {options.workers} workers, {run}", flush=True)
        runs.append(run)
    return 0 if runs[0].seconds < MOST_SECONDS else 1


def ring(count: int) -> None:
    write([(BellRang(number=number), f"order-{number // EVENTS_PER_ORDER}") for number in range(count)])


def queue_mails(count: int) -> None:
    html = f"<html><body><p>{WORDS}</p></body></html>"
    fixed = {"template": "bench", "language": "en", "subject": "Your order", "text": WORDS, "html": html}
    messages = Message.objects.bulk_create(
        (Message(recipient=f"{number}@example.test", dedupe_key=f"bench-{number}", **fixed) for number in range(count)),
        batch_size=BATCH,
    )
    write([(MessageQueued(message_id=message.pk), "") for message in messages])


def write(events: list[tuple[DomainEvent, str]]) -> None:
    """As `publish` does, each with its aggregate, but many by one statement."""
    messages = OutboxMessage.objects.bulk_create(
        (
            OutboxMessage(event_type=event.event_type(), payload=event.payload(), aggregate=aggregate)
            for event, aggregate in events
        ),
        batch_size=BATCH,
    )
    Delivery.objects.bulk_create(
        (
            Delivery(message=message, handler=handler, aggregate=message.aggregate)
            for message in messages
            for handler in handler_names(message.event_type)
        ),
        batch_size=BATCH,
    )


@dataclass(frozen=True, slots=True)
class Run:
    """From the word until the last worker found nothing more; `busy_seconds` are the workers' processor time."""

    handed: int
    seconds: float
    busy_seconds: float

    def __str__(self) -> str:
        rate, busy = self.handed / self.seconds, 1000 * self.busy_seconds / self.handed
        return f"{self.seconds:.1f} s, {rate:,.0f} a second, {busy:.2f} ms of a processor for each"


def deliver(*, workers: int, port: int) -> Run:
    command = [sys.executable, "-c", "from bench import relay; relay.main()", str(port)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(workers)
    ]
    for worker in started:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    began = monotonic()
    for worker in started:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    said = [worker.communicate()[0].split() for worker in started]
    seconds = monotonic() - began
    return Run(sum(int(handed) for handed, _ in said), seconds, sum(float(busy) for _, busy in said))


def check(events: int, run: Run, sink: SmtpSink) -> None:
    """Raises AssertionError if anything was lost, is left or came twice."""
    assert run.handed == events
    assert not Delivery.objects.exclude(status="done", attempts=1).exists()
    messages = Message.objects.count()
    assert Message.objects.filter(status=MessageStatus.SENT).count() == messages
    ids = [mail["Message-ID"] for mail in sink.mails]
    assert len(ids) == len(set(ids)) == messages


if __name__ == "__main__":
    sys.exit(main())
