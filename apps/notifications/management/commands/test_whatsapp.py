from argparse import ArgumentParser
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from apps.common.phones import NotAPhoneNumber, read_phone
from apps.notifications import services
from apps.notifications.models import Channel, Message, MessageStatus
from apps.notifications.phone_templates import TEST
from apps.notifications.selectors import shop_name
from apps.outbox import services as outbox

SHIFT_SECONDS = 10


class Command(BaseCommand):
    help = "Send a test message to a phone by WhatsApp, or by SMS, and say what came of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="in international form: +584121234567")
        parser.add_argument("--language", default=settings.WHATSAPP_OWNER_LANGUAGE, choices=sorted(TEST.bodies))
        parser.add_argument("--sms", action="store_true", help="by SMS, which needs no template")

    def handle(self, *args: Any, **options: Any) -> None:
        channel = Channel.SMS if options["sms"] else Channel.WHATSAPP
        language = options["language"]
        try:
            number = read_phone(options["number"])
        except NotAPhoneNumber as error:
            raise CommandError(str(error)) from error
        if not services.reaches_phone(number, TEST, language, channel=channel):
            raise CommandError(
                "That cannot be tried: are the settings for Twilio there, is the "
                f"template {TEST.name} approved in “{language}” (manage.py whatsapp_templates), and has its owner not "
                "said stop? docs/whatsapp.md has all the steps."
            )
        try:
            message = services.queue_to_phone(
                to=number,
                template=TEST,
                language=language,
                values={"shop": shop_name()},
                dedupe_key=f"test-{uuid4()}",
                channel=channel,
            )
        except ValidationError as error:
            raise CommandError(error.messages[0]) from error
        outbox.drain(seconds=SHIFT_SECONDS)  # whoever is faster, this or a worker: one of them sends it
        if message is not None:
            self._say(Message.objects.get(pk=message.pk))

    def _say(self, message: Message) -> None:
        if message.status == MessageStatus.FAILED:
            raise CommandError(f"Twilio refused: {message.error}")
        if not message.provider_id:
            raise CommandError("Twilio has not answered yet. It is tried again; the admin shows it, under Messages.")
        self.stdout.write(f"Twilio has taken it as {message.provider_id}:\n{message.text}")
        self.stdout.write("Taken is not delivered; the admin shows how far it comes, under Messages.")
