from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.bulk.services import exporting
from apps.operations.progress import Progress
from apps.stores import selectors as store_selectors
from apps.stores.models import Store


class Command(BaseCommand):
    help = (
        "Write a store's products to a file: JSONL with all that there is to them, or CSV for spreadsheets "
        "(its columns: fixtures/README.md). `import_products` reads both back. Changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the file to write, in UTF-8; - for the terminal")
        parser.add_argument("--format", choices=["jsonl", "csv"], help="by the file's name, unless said")
        parser.add_argument("--store", default="", help="a store's slug; the default store, unless said")

    def handle(self, *args: Any, **options: Any) -> None:
        path, store = options["file"], self._store(options["store"])
        progress, left_out = Progress(self.stderr, "products"), []
        if (options["format"] or path.suffix.lstrip(".").lower()) == "csv":
            lines = exporting.csv_lines(
                store, progress=progress, left_out=lambda slug, reason: left_out.append(f"{slug}: {reason}")
            )
        else:
            lines = exporting.jsonl(store, progress=progress)
        try:
            if str(path) == "-":
                for line in lines:
                    self.stdout.write(line.decode(), ending="")
            else:
                with path.open("wb") as file:
                    file.writelines(lines)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        finally:
            progress.end()
        for reason in left_out:
            self.stderr.write(self.style.WARNING(f"Left out {reason}"))

    def _store(self, slug: str) -> Store:
        try:
            return Store.objects.get(slug=slug) if slug else store_selectors.get_default_store()
        except Store.DoesNotExist as error:
            raise CommandError("There is no such store.") from error
