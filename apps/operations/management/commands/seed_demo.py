from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.operations import demo, demo_bulk, roles
from apps.operations.progress import Progress

MOST_PRODUCTS = 1_000_000


class Command(BaseCommand):
    help = (
        "Fill the shop with the demo: store, 237 products with pictures and stock, shipping, taxes, two logins. "
        "Safe to repeat; what is there already is left as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--products", type=int, default=0, help="add generated products until there are so many")
        parser.add_argument(
            "--without-logins",
            action="store_true",
            help="make no logins with known passwords; needed where DEBUG is off",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self._is_quiet = options["verbosity"] == 0
        wanted, without_logins = options["products"], options["without_logins"]
        if not 0 <= wanted <= MOST_PRODUCTS:
            raise CommandError(f"--products goes up to {MOST_PRODUCTS}.")
        if not (settings.DEBUG or without_logins):
            raise CommandError(
                "The demo makes a superuser whose password everybody knows, so it runs where DEBUG is on. "
                "With --without-logins it loads the products, shipping and taxes alone."
            )
        self._say("Store, types and attributes", store := demo.seed_store())
        report = self._watch("products", lambda progress: demo.seed_products(store, progress))
        if report.problems:
            raise CommandError(f"fixtures/{demo.CATALOGUE}: {report.problems[0]}")
        self._say("Products", f"{report.created} new, {report.updated} changed, {report.unchanged} as they were")
        demo.seed_synonyms()
        self._say("Synonyms for the search", "there")
        self._say("Pictures", f"{self._watch('pictures', demo.seed_pictures)} drawn")
        demo.seed_shipping_and_taxes()
        self._say("Shipping and taxes", "there")
        roles.ensure_roles()
        self._say("Roles of the staff", "there")
        demo.seed_pago_movil()
        self._say("Pago Móvil", "banks and an account")
        if wanted:
            made = self._watch(
                "products", lambda progress: demo_bulk.add_generated_products(store, up_to=wanted, progress=progress)
            )
            self._say("Generated products", f"{made} new")
        if not without_logins:
            demo.seed_logins()
            self._say("Logins", f"{demo.STAFF_EMAIL} and {demo.CUSTOMER_EMAIL}, password {demo.PASSWORD}")

    def _watch(self, noun: str, work: Callable[[Progress], Any]) -> Any:
        progress = Progress(self.stderr, noun)
        try:
            return work(progress)
        finally:
            progress.end()

    def _say(self, what: str, how: object) -> None:
        if not self._is_quiet:
            self.stdout.write(f"{what:<28}{how}")
