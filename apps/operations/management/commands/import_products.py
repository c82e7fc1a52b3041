import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.bulk.product_files import UnreadableFile
from apps.bulk.services.importing import ImportRefused, ImportReport, import_products
from apps.common.exceptions import DomainError
from apps.operations.progress import Progress
from apps.stores import selectors as store_selectors
from apps.stores.models import Store

MOST_SHOWN = 50


class Command(BaseCommand):
    help = (
        "Make the default store's products as a CSV file says (its columns: fixtures/README.md), with stock for "
        "variants that have none on the books yet. A bad row keeps the whole file out. Safe to repeat. "
        "Exits 1 when rows are bad."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the CSV file, in UTF-8")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")
        parser.add_argument("--skip-bad-rows", action="store_true", help="leave out products with bad rows")
        parser.add_argument("--set-stock", action="store_true", help="also correct stock that is on the books already")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        progress = Progress(self.stderr, "products")
        try:
            report = import_products(
                options["file"],
                store=store_selectors.get_default_store(),
                is_dry_run=options["dry_run"],
                skip_bad_rows=options["skip_bad_rows"],
                set_stock=options["set_stock"],
                progress=progress,
            )
        except Store.DoesNotExist as error:
            raise CommandError("There is no store yet; `manage.py seed_demo` makes one, or the admin.") from error
        except (UnreadableFile, ImportRefused, DomainError) as error:
            raise CommandError(str(error)) from error
        finally:
            progress.end()
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json()))
        else:
            self._show(report, is_dry_run=options["dry_run"])
        if report.problems and not options["skip_bad_rows"]:
            raise SystemExit(1)

    def _show(self, report: ImportReport, *, is_dry_run: bool) -> None:
        for problem in report.problems[:MOST_SHOWN]:
            place = f"line {problem.line}, {problem.column}" if problem.column else f"line {problem.line}"
            self.stdout.write(f"{self.style.ERROR(place)}: {problem.reason}")
        if len(report.problems) > MOST_SHOWN:
            self.stdout.write(f"… and {len(report.problems) - MOST_SHOWN} more; --json shows all.")
        self.stdout.write(
            f"{report.rows} rows: {report.created} products created, {report.updated} updated, "
            f"{report.unchanged} unchanged, {report.left_out} left out; {report.units_received} units received, "
            f"{report.stock_corrected} stock items corrected."
        )
        if not report.is_written:
            reason = "This was a dry run" if is_dry_run else "There are bad rows"
            self.stdout.write(f"{reason}: nothing was written.")
