#!/usr/bin/env python
"""The operators' door: `python manage.py help` lists every command."""

import os
import sys


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  the reader of this sentence is the one who runs an old Python
        sys.exit(f"The shop needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    from django.core.management import execute_from_command_line

    from apps.common.history import acting

    with acting(lambda: {"through": " ".join(["command", *sys.argv[1:2]])}):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
