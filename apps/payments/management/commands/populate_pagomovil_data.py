import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.payments.services.pago_movil import load_reference_data


class Command(BaseCommand):
    help = (
        "Load Venezuela's banks and some layouts of their statements from fixtures/. Safe to repeat: rows that staff "
        "have changed stay as they are, unless --overwrite."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--overwrite", action="store_true", help="bring changed rows back to the fixtures")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, overwrite: bool, dry_run: bool, **options: Any) -> None:
        loaded = load_reference_data(overwrite=overwrite, is_dry_run=dry_run)
        if options["json"]:
            self.stdout.write(json.dumps(loaded.as_json()))
            return
        for what, rows in (("banks", loaded.banks), ("layouts", loaded.layouts)):
            verb = "brought back" if overwrite else "left as staff changed them"
            self.stdout.write(f"{what}: {rows.created} new, {rows.different} {verb}, {rows.same} the same")
        if dry_run:
            self.stdout.write("This was a dry run: nothing was written.")
