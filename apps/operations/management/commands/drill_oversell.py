import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.operations import drills


class Command(BaseCommand):
    help = (
        "Let many buyers check out the last units at the same moment, over HTTP against the running shop: each unit "
        "must be sold once. Makes a product of its own and puts it away. Exits 1 if anything else happened."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--stock", type=int, default=10, help="units there are (default 10)")
        parser.add_argument("--buyers", type=int, default=200, help="guests who want one each (default 200)")
        parser.add_argument(
            "--url", default=settings.SITE_URL, help=f"where the shop runs (default {settings.SITE_URL})"
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        stock, buyers = options["stock"], options["buyers"]
        if not (1 <= stock <= 10_000 and 1 <= buyers <= 500):
            raise CommandError("--stock goes from 1 to 10000, --buyers from 1 to 500.")
        if not settings.DEBUG:
            raise CommandError("The drill makes orders that nobody wants; it runs on a laptop, not in production.")
        report = self._drill(options["url"], stock, buyers)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json()))
        else:
            self._show(report)
        if not report.is_passed:
            raise SystemExit(1)

    def _drill(self, url: str, stock: int, buyers: int) -> drills.DrillReport:
        try:
            return drills.drill_oversell(base_url=url, stock=stock, buyers=buyers, say=self.stderr.write)
        except OSError as error:
            raise CommandError(f"Nothing answers at {url} ({error}); start the shop with `make run`.") from error
        except (RuntimeError, ValueError) as error:
            raise CommandError(str(error)) from error

    def _show(self, report: drills.DrillReport) -> None:
        self.stdout.write(f"{report.buyers} buyers for {report.stock} units, answered within {report.seconds} s")
        for answer, count in report.answers.items():
            self.stdout.write(f"  {count:4d} × {answer}")
        self.stdout.write(f"{report.orders} orders hold {report.units_sold} units.")
        broken = ", ".join(report.broken_invariants)
        self.stdout.write(f"The audit finds {f'broken: {broken}' if broken else 'nothing'}.")
        verdict = self.style.SUCCESS("Passed.") if report.is_passed else self.style.ERROR("Failed.")
        self.stdout.write(verdict)
