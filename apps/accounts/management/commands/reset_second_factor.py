from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.accounts import selectors, services


class Command(BaseCommand):
    help = "Let somebody who has lost app and recovery codes set up a second factor anew; signs them out everywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = selectors.find_user(options["email"])
        if user is None or user.second_factor_at is None:
            raise CommandError("Nobody with that address has a second factor.")
        services.reset_second_factor(user=user)
        self.stdout.write(f"The second factor of {user} is reset.")
