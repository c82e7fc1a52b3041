import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.notifications import services
from apps.notifications.exceptions import NotSendable, OutcomeUnknown, TryLater


class Command(BaseCommand):
    help = "Show how the approvals of our WhatsApp templates are; --create makes those that Twilio does not have yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--create", action="store_true", help="make missing ones and ask for their approval")
        parser.add_argument("--json", action="store_true", help="print one JSON array")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = services.refresh_templates(create=options["create"])
        except (NotSendable, TryLater, OutcomeUnknown) as trouble:
            raise CommandError(str(trouble)) from trouble
        if options["json"]:
            self.stdout.write(json.dumps([asdict(one) for one in found]))
            return
        for one in found:
            self.stdout.write(f"{one.name:<26}{one.language}  {one.content_sid:<36}{one.status} {one.reason}".rstrip())
        if not found:
            self.stdout.write("Twilio has none of ours yet: --create makes them.")
