import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.fx_rates import services
from apps.fx_rates.exceptions import FetchRunning


class Command(BaseCommand):
    help = "Ask the rate sources whose last answer has grown old, and take what passes the gate."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="ask every source, also those that rest")
        parser.add_argument("--dry-run", action="store_true", help="ask and judge, but keep nothing")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = services.fetch_rates(force=options["force"], dry_run=options["dry_run"])
        except FetchRunning as error:
            raise CommandError(error.detail) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), default=str))
        else:
            self._show(report)

    def _show(self, report: services.FetchReport) -> None:
        for answer in report.answers:
            figure = f"{answer['rate']} for {answer['value_date']}" if answer["rate"] else answer["detail"]
            why = f" ({answer['reason']})" if answer["reason"] else ""
            self.stdout.write(f"{answer['source']:20} {answer['currency']:4} {answer['verdict']}{why}: {figure}")
        for source in report.resting:
            self.stdout.write(f"{source:20} was not asked; its last answer is new, or it rests. --force asks it.")
        kept = "would be kept" if report.is_dry_run else "kept"
        self.stdout.write(f"{len(report.answers)} answers {kept}, {len(report.accepted)} accepted as a rate.")
