import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.common import audit


class Command(BaseCommand):
    help = "Check every invariant of the shop. Reads only; exits 1 and shows the rows when one does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the findings as one JSON array")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(audit.run())
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(finding) for finding in findings], default=str))
        else:
            for finding in findings:
                self._show(finding)
            self.stdout.write(f"{len(audit.registered())} invariants checked, {len(findings)} broken.")
        if findings:
            raise SystemExit(1)

    def _show(self, finding: audit.Finding) -> None:
        self.stdout.write(self.style.ERROR(f"{finding.invariant.code}  {finding.invariant.sentence}: not so"))
        for row in finding.rows:
            self.stdout.write(f"    {json.dumps(row, default=str)}")


def _as_json(finding: audit.Finding) -> dict[str, Any]:
    return {"code": finding.invariant.code, "sentence": finding.invariant.sentence, "rows": finding.rows}
