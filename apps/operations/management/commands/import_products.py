import csv
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.bulk import services
from apps.bulk.foreign import Look
from apps.bulk.product_files import UnreadableFile
from apps.bulk.services import ImportRefused, ImportReport
from apps.common.exceptions import DomainError
from apps.operations.progress import Progress
from apps.stores import selectors as store_selectors
from apps.stores.models import Store

MOST_SHOWN = 50
FORMATS = ("csv", "jsonl", *services.FOREIGN)


class Command(BaseCommand):
    help = (
        "Make a store's products as a file says, with stock for variants that have none on the books yet: our CSV "
        "(its columns: fixtures/README.md), the JSONL of export_products, or the CSV of Shopify or WooCommerce. "
        "A bad row keeps the whole file out. Safe to repeat. Exits 1 when rows are bad."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the file, in UTF-8")
        parser.add_argument("--format", choices=FORMATS, help="csv, or jsonl by the file's name, unless said")
        parser.add_argument("--store", default="", help="a store's slug; the default store, unless said")
        parser.add_argument("--product-type", default="", help="other shops' files: the type of all products")
        parser.add_argument("--vendor-attribute", default="", help="other shops' files: where vendor or brand go")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")
        parser.add_argument("--skip-bad-rows", action="store_true", help="leave out products with bad rows")
        parser.add_argument("--set-stock", action="store_true", help="also correct stock that is on the books already")
        parser.add_argument("--errors", type=Path, help="write the bad rows to this CSV file, with line and reason")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        progress = Progress(self.stderr, "products")
        try:
            report = self._importer(options)(
                options["file"],
                store=self._store(options["store"]),
                is_dry_run=options["dry_run"],
                skip_bad_rows=options["skip_bad_rows"],
                set_stock=options["set_stock"],
                progress=progress,
            )
        except (UnreadableFile, ImportRefused, DomainError) as error:
            raise CommandError(str(error)) from error
        finally:
            progress.end()
        if options["errors"]:
            self._write_errors(options["errors"], report)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json()))
        else:
            self._show(report, is_dry_run=options["dry_run"])
        if report.problems and not options["skip_bad_rows"]:
            raise SystemExit(1)

    def _importer(self, options: dict[str, Any]) -> Callable[..., ImportReport]:
        is_jsonl = options["file"].suffix.lower() in {".jsonl", ".ndjson"}
        kind = options["format"] or ("jsonl" if is_jsonl else "csv")
        if kind == "jsonl":
            return services.import_jsonl
        if kind == "csv":
            return services.import_products
        if not options["product_type"]:
            raise CommandError(
                "Other shops' files know no product types: say with --product-type which all shall have."
            )
        look = Look(options["product_type"], options["vendor_attribute"])
        return partial(services.import_products, read=services.foreign_reader(kind, look))

    def _store(self, slug: str) -> Store:
        try:
            return Store.objects.get(slug=slug) if slug else store_selectors.get_default_store()
        except Store.DoesNotExist as error:
            if slug:
                raise CommandError(f"There is no store “{slug}”.") from error
            raise CommandError("There is no store yet; `manage.py seed_demo` makes one, or the admin.") from error

    def _write_errors(self, path: Path, report: ImportReport) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["line", "column", "reason"])
            writer.writerows([problem.line, problem.column, problem.reason] for problem in report.problems)

    def _show(self, report: ImportReport, *, is_dry_run: bool) -> None:
        for problem in report.problems[:MOST_SHOWN]:
            place = f"line {problem.line}, {problem.column}" if problem.column else f"line {problem.line}"
            self.stdout.write(f"{self.style.ERROR(place)}: {problem.reason}")
        if len(report.problems) > MOST_SHOWN:
            self.stdout.write(f"… and {len(report.problems) - MOST_SHOWN} more; --json and --errors tell all.")
        self.stdout.write(
            f"{report.rows} rows: {report.created} products created, {report.updated} updated, "
            f"{report.unchanged} unchanged, {report.left_out} left out; {report.units_received} units received, "
            f"{report.stock_corrected} stock items corrected."
        )
        if report.pictures_wanted:
            self.stdout.write(
                f"{report.pictures_wanted} pictures lie elsewhere; `manage.py fetch_pictures` brings them."
            )
        if not report.is_written:
            reason = "This was a dry run" if is_dry_run else "There are bad rows"
            self.stdout.write(f"{reason}: nothing was written.")
