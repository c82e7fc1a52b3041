import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.outbox import selectors, services


class Command(BaseCommand):
    help = "Give dead letters another round of attempts: those of one handler, or all of them."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--handler", default="", help="only this handler's, as outbox_status names it")
        which.add_argument("--all", action="store_true", help="every handler's")
        parser.add_argument("--dry-run", action="store_true", help="show what would be replayed, and change nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (options["all"] or options["handler"]):
            raise CommandError("Name a handler, or say --all.")
        letters = list(selectors.dead_letters(handler=options["handler"]))
        if not options["dry_run"]:
            services.replay(delivery_ids=[letter.pk for letter in letters])
        if options["json"]:
            rows = [{"id": letter.pk, "handler": letter.handler, "reason": letter.last_error} for letter in letters]
            self.stdout.write(json.dumps({"dry_run": options["dry_run"], "replayed": rows}))
        else:
            for letter in letters:
                self.stdout.write(f"{letter.message}  {letter.handler}  {letter.last_error}")
            self.stdout.write(f"{len(letters)} {'would be' if options['dry_run'] else 'were'} replayed.")
