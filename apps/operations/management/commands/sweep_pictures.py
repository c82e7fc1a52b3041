import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from apps.catalog import services


class Command(BaseCommand):
    help = (
        "Delete files of product pictures that are older than a day and that no product shows: what a crash has left. "
        "The beat does it every night. Safe to repeat."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="name them and delete none")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        orphans = services.sweep_pictures(now=timezone.now(), dry_run=options["dry_run"])
        if options["json"]:
            self.stdout.write(json.dumps({"orphans": orphans, "deleted": not options["dry_run"]}))
            return
        for name in orphans:
            self.stdout.write(name)
        what = "would go; this was a dry run." if options["dry_run"] else "deleted."
        self.stdout.write(f"{len(orphans)} files {what}")
