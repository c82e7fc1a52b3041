import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.payments import services


class Command(BaseCommand):
    help = "Ask the providers about our payments and show what differs. Changes nothing without --apply."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apply", action="store_true", help="act on what the providers say")
        parser.add_argument("--json", action="store_true", help="print the differences as one JSON array")
        parser.add_argument("--hours", type=int, help="compare all payments begun in so many hours, not only open ones")

    def handle(self, *args: Any, apply: bool, hours: int | None, **options: Any) -> None:
        if hours is None:
            differences = services.reconcile_open_payments(apply=apply)
        else:
            differences = services.reconcile_recent_payments(hours=hours, apply=apply)
        if options["json"]:
            self.stdout.write(json.dumps([difference.as_json() for difference in differences]))
            return
        for one in differences:
            self.stdout.write(f"{one.reference}: here {one.ours}; there {one.theirs}")
        verb = "mended" if apply else "found; --apply mends them"
        self.stdout.write(f"{len(differences)} differences {verb}.")
