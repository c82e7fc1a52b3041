import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts import selectors, services
from apps.accounts.exceptions import ErasureRefused


class Command(BaseCommand):
    help = "Erase a person for ever: all that says who it was; orders stay in the books. Exits 1 when it is refused."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the person's address; see to it that he who asks for this reads its mail")
        parser.add_argument("--dry-run", action="store_true", help="say what would go, or what stands in the way")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        user = selectors.find_user(options["email"])
        try:
            if user is None:
                report = services.erase_guest(email=options["email"], actor="operator", dry_run=options["dry_run"])
            elif options["dry_run"]:
                report = services.try_erasure(user=user, is_mailbox_proved=True)
            else:
                report = services.erase_person(user=user, actor="operator", is_mailbox_proved=True)
        except ErasureRefused as refusal:
            report = services.ErasureReport({}, list(refusal.obstacles))
        if user is None and not report.counts and not report.obstacles:
            raise CommandError("Nobody has an account with that address, or has bought anything under it.")
        self._tell(report, options["dry_run"], as_json=options["json"])
        if report.obstacles:
            raise SystemExit(1)

    def _tell(self, report: services.ErasureReport, dry_run: bool, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"dry_run": dry_run, **report.as_json()}))
            return
        for obstacle in report.obstacles:
            self.stdout.write(obstacle.detail)
        for part, rows in report.counts.items():
            self.stdout.write(f"{part}: {rows} {'would be' if dry_run else 'were'} emptied.")
