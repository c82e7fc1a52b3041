import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.catalog import services
from apps.operations.progress import Progress


class Command(BaseCommand):
    help = (
        "Make the copies of product pictures in several widths anew: after the widths have changed, or for pictures "
        "that came from elsewhere. Shoppers see the old ones until all of the new ones are there. Safe to repeat."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--missing", action="store_true", help="only of pictures that have none")
        parser.add_argument("--dry-run", action="store_true", help="say of how many, and make none")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        files = services.files_without_renditions() if options["missing"] else services.files_of_pictures()
        made, failed = 0, list[str]()
        if not options["dry_run"]:
            progress = Progress(self.stderr, "pictures")
            for done, file in enumerate(files, start=1):
                if services.make_renditions(file=file, anew=not options["missing"]):
                    made += 1
                else:
                    failed.append(file)
                progress(done, len(files))
            progress.end()
        if options["json"]:
            self.stdout.write(json.dumps({"pictures": len(files), "made": made, "left": failed}))
            return
        self.stdout.write(f"{len(files)} pictures; renditions of {made} made.")
        for file in failed:
            self.stdout.write(f"left as it is: {file}")
        if options["dry_run"]:
            self.stdout.write("This was a dry run: nothing was made.")
