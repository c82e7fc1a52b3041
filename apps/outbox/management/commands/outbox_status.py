import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.outbox import selectors


class Command(BaseCommand):
    help = "Show what the outbox still has to deliver, handler by handler. Exits 1 when there are dead letters."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON array")

    def handle(self, *args: Any, **options: Any) -> None:
        work = selectors.unfinished_work()
        if options["json"]:
            self.stdout.write(json.dumps([handler.as_json() for handler in work]))
        elif not work:
            self.stdout.write("Nothing is waiting and nothing is dead.")
        else:
            self._show(work)
        if any(handler.dead for handler in work):
            raise SystemExit(1)

    def _show(self, work: list[selectors.HandlerStatus]) -> None:
        self.stdout.write(f"{'handler':<48}{'pending':>9}{'failing':>9}{'dead':>7}{'oldest, s':>11}")
        for row in work:
            line = f"{row.handler:<48}{row.pending:>9}{row.failing:>9}{row.dead:>7}{row.oldest_seconds:>11}"
            self.stdout.write(self.style.ERROR(line) if row.dead else line)
