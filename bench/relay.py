"""A worker of `bench.outbox`, a process of its own: gets ready, waits for the word, delivers until nothing is left."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import process_time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
django.setup()

from django.conf import settings  # noqa: E402  Django has to be set up first

from apps.outbox import services  # noqa: E402
from apps.outbox.events import DomainEvent, handles  # noqa: E402

THREADS = 4  # as the Procfile's worker has


@dataclass(frozen=True, kw_only=True)
class BellRang(DomainEvent):
    number: int


@handles(BellRang)
def ear(event: BellRang) -> None:
    """Hears it, and has nothing to do."""


def main() -> None:
    """Takes the mail server's port; prints how many deliveries were handed over, and its processor seconds."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", int(sys.argv[1]), False
    print("ready", flush=True)
    sys.stdin.readline()
    busy = process_time()
    with ThreadPoolExecutor(THREADS) as pool:
        handed = sum(pool.map(lambda _: services.drain(seconds=600), range(THREADS)))
    print(handed, process_time() - busy, flush=True)
