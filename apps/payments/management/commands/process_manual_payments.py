import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import User, normalise_email
from apps.payments.services.waiting import Waiting, confirm_waiting, list_waiting


class Command(BaseCommand):
    help = (
        "List the transfers and Pago Móvil reports that wait for staff, or confirm them with exactly what was asked, "
        "in the name of whoever has looked into the bank's page. Other amounts are left for the admin."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--list-pending", action="store_true", help="show what waits, and change nothing")
        what.add_argument("--confirm-all", action="store_true", help="confirm everything that waits")
        what.add_argument("--order-id", metavar="NUMBER", help="confirm what waits for this order, as ORD-1001")
        parser.add_argument("--staff", metavar="EMAIL", default="", help="who has looked; needed to confirm")
        parser.add_argument("--dry-run", action="store_true", help="do it, take it back, and say what came of it")
        parser.add_argument("--json", action="store_true", help="print the rows as one JSON array")

    def handle(self, *args: Any, list_pending: bool, order_id: str | None, **options: Any) -> None:
        if list_pending:
            rows = list_waiting()
        else:
            who = _staff(options["staff"])
            rows = confirm_waiting(staff_user=who, order=order_id or "", is_dry_run=options["dry_run"])
        if order_id and not rows:
            raise CommandError(f"Nothing waits for order {order_id}.")
        if options["json"]:
            self.stdout.write(json.dumps([row.as_json() for row in rows]))
            return
        for row in rows:
            self._show(row)
        self.stdout.write(f"{len(rows)} payments.")

    def _show(self, row: Waiting) -> None:
        reported = f", {row.reported} reported" if row.reported else ""
        self.stdout.write(f"{row.order} {row.provider} {row.reference}: {row.asked} asked{reported}: {row.outcome}")


def _staff(email: str) -> User:
    found = User.objects.filter(email=normalise_email(email), is_staff=True, is_active=True).first()
    if found is None or not found.has_perm("payments.change_payment"):
        raise CommandError("Say with --staff who has looked: the address of somebody who may change payments.")
    return found
