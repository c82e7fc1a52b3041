from typing import Any

import httpx
from django.core.management.base import BaseCommand, CommandParser

from apps.bulk.services import fetch_pictures
from apps.bulk.services.pictures import TIMEOUT_SECONDS
from apps.operations.progress import Progress


class Command(BaseCommand):
    help = (
        "Fetch the pictures that products from other shops' files have elsewhere, from the hosts that you name and "
        "no others. What fails is told, and tried again the next time. Safe to repeat. Exits 1 when some failed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("hosts", nargs="+", help="whose pictures to fetch, such as cdn.shopify.com")

    def handle(self, *args: Any, **options: Any) -> None:
        progress = Progress(self.stderr, "pictures")
        try:
            with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client:
                report = fetch_pictures(hosts=set(options["hosts"]), client=client, progress=progress)
        finally:
            progress.end()
        self.stdout.write(f"{report.fetched} pictures fetched, {report.failed} failed.")
        if report.failed:
            raise SystemExit(1)
