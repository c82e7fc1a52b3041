from typing import Any

from django.core.management.base import BaseCommand

from apps.operations import roles


class Command(BaseCommand):
    help = "Make the staff's roles (groups) that are not there yet; those that are stay as they are."

    def handle(self, *args: Any, **options: Any) -> None:
        made = roles.ensure_roles()
        self.stdout.write(f"Made: {', '.join(made)}." if made else "All roles are there.")
