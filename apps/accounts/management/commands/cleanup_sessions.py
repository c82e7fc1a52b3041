import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.accounts import services


class Command(BaseCommand):
    help = "Delete sessions that have been over for SESSION_EXPIRE_DAYS."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say how many there are, and change nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        count = services.delete_old_sessions(dry_run=options["dry_run"])
        if options["json"]:
            self.stdout.write(json.dumps({"dry_run": options["dry_run"], "sessions": count}))
        else:
            self.stdout.write(f"{count} {'would be' if options['dry_run'] else 'were'} deleted.")
