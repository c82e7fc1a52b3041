import json
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.common.exceptions import DomainError
from apps.payments import services


class Command(BaseCommand):
    help = (
        "Make the shop's Pago Móvil account, or bring it to what is said; settings PAGO_MOVIL_BANK, _PHONE, _DOCUMENT "
        "and _HOLDER stand in for what is left out. Safe to repeat. Run populate_pagomovil_data before."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bank", default=settings.PAGO_MOVIL_BANK, help="four digits, such as 0102")
        parser.add_argument("--phone", default=settings.PAGO_MOVIL_PHONE, help="0412 1234567")
        parser.add_argument("--document", default=settings.PAGO_MOVIL_DOCUMENT, help="RIF or cédula, J123456789")
        parser.add_argument("--holder", default=settings.PAGO_MOVIL_HOLDER, help="in whose name it is")
        parser.add_argument("--account-number", default="", help="its twenty digits")
        parser.add_argument("--daily-limit", default="", help="in VES; none unless said")
        parser.add_argument("--position", type=int, default=0, help="among equals the lowest is asked first")
        parser.add_argument("--inactive", action="store_true", help="keep it, and send nothing there")
        parser.add_argument("--dry-run", action="store_true", help="check, and change nothing")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        try:
            limit = Decimal(options["daily_limit"]) if options["daily_limit"] else None
        except InvalidOperation as error:
            raise CommandError("Write the daily limit like 100000.00.") from error
        try:
            saved = services.save_recipient(
                bank=options["bank"],
                phone=options["phone"],
                document=options["document"],
                holder=options["holder"],
                account_number=options["account_number"],
                daily_limit=limit,
                position=options["position"],
                is_active=not options["inactive"],
                is_dry_run=dry_run,
            )
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(saved.as_json()))
            return
        self.stdout.write(f"{saved.bank} {saved.phone} {saved.document}, {saved.holder}: {saved.outcome}")
        if saved.doubt:
            self.stdout.write(self.style.WARNING(saved.doubt))
        if dry_run:
            self.stdout.write("This was a dry run: nothing was written.")
        if not settings.PAGO_MOVIL:
            self.stdout.write(self.style.WARNING("PAGO_MOVIL is off: customers are not offered it yet."))
