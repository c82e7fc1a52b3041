import pytest
from django.utils import timezone

from apps.fx_rates.bank_days import caracas_date

KEYED = ["pydolarve", "exchangerate_api", "open_exchange_rates", "exchangerate_host"]
SOURCES = [
    "bcv",
    "dolarapi",
    "pydolarve",
    "exchangerate_api",
    "open_er_api",
    "open_exchange_rates",
    "exchangerate_host",
]


class World:
    """Everybody who tells rates, in the sandbox."""

    def __init__(self, sandbox, settings):
        self.sandbox, self.settings = sandbox, settings
        for source in SOURCES:
            setattr(settings, f"FX_{source.upper()}_URL", f"{sandbox.url}/rates/{source}")
        self.says("all", value_date=caracas_date(timezone.now()))
        for source in KEYED:
            setattr(settings, f"FX_{source.upper()}_KEY", "a-key")

    def ask_only(self, *sources):
        self.settings.FX_SOURCES = list(sources)

    def says(self, source, **saying):
        self.sandbox.control("PUT", f"/rates/sources/{source}", {name: str(value) for name, value in saying.items()})

    def fails(self, source, kind, **options):
        self.sandbox.next("rates", kind, path=f"/{source}", **options)

    def asked(self):
        return [request["path"].split("/")[1] for request in self.sandbox.requests("rates")]


@pytest.fixture
def world(sandbox, settings):
    """All seven sources, each saying 784.6633 for today."""
    world = World(sandbox, settings)
    world.ask_only(*SOURCES)
    return world
