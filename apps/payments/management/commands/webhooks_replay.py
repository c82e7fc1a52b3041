import json
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.payments import selectors, services
from apps.payments.models import WebhookEvent, WebhookStatus


class Command(BaseCommand):
    help = (
        "Apply webhooks of the inbox again, by default those that wait. Safe to repeat: the provider is asked what is "
        "true, and twice is once. Exits 1 when one could not be applied."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--provider", default="", help="only this provider's")
        parser.add_argument("--since", type=_moment, metavar="ISO", help="only what came at this time or later")
        parser.add_argument("--status", action="append", choices=WebhookStatus.values, help="may be given twice")
        parser.add_argument("--id", type=int, help="only the one of this number, whatever its status")
        parser.add_argument("--dry-run", action="store_true", help="show what would be applied, and change nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        waiting = [] if options["id"] else [WebhookStatus.RECEIVED.value, WebhookStatus.DEFERRED.value]
        events = selectors.kept_webhooks(
            provider=options["provider"],
            since=options["since"],
            statuses=options["status"] or waiting,
            event_id=options["id"],
        )
        if options["id"] and not events.exists():
            raise CommandError(f"The inbox has no event {options['id']} like that.")
        if options["dry_run"]:
            replays = [services.Replay(event) for event in events]
        else:
            event_ids = list(events.values_list("pk", flat=True))
            replays = services.replay_webhooks(event_ids=event_ids, actor="webhooks_replay")
        failed = [replay for replay in replays if replay.error]
        if options["json"]:
            rows = [_as_json(replay.event) | {"error": replay.error} for replay in replays]
            self.stdout.write(json.dumps({"dry_run": options["dry_run"], "events": rows}))
        else:
            for replay in replays:
                outcome = replay.error or f"{replay.event.status} {replay.event.verdict}".strip()
                self.stdout.write(f"{replay.event.pk}  {replay.event}: {outcome}")
            verb = "would be" if options["dry_run"] else "were"
            self.stdout.write(f"{len(replays) - len(failed)} {verb} applied again, {len(failed)} could not be.")
        if failed:
            raise SystemExit(1)


def _moment(text: str) -> datetime:
    """ISO 8601; in UTC unless it says otherwise."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _as_json(event: WebhookEvent) -> dict[str, Any]:
    return {
        "id": event.pk,
        "provider": event.provider,
        "type": event.event_type,
        "key": event.dedupe_key,
        "received_at": event.created_at.isoformat(),
        "status": event.status,
        "verdict": event.verdict,
    }
