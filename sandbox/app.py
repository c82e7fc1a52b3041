"""The sandbox as one ASGI program: every company in the registry, the control API and the front page."""

import contextlib
import time
from collections.abc import AsyncIterator, Iterable
from html import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from sandbox import control
from sandbox.company import Company
from sandbox.faults import FaultBook
from sandbox.pages import link, page, state, table
from sandbox.paypal import PayPal
from sandbox.paystack import Paystack
from sandbox.rates import Rates
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.stripe import Stripe
from sandbox.twilio import Twilio

REGISTRY: list[type[Company]] = [
    Stripe,
    PayPal,
    Paystack,
    Twilio,
    Rates,
]


def create_app(settings: Settings | None = None) -> Starlette:
    """Build the program, from the environment unless told otherwise; its database is closed when the server stops."""
    settings = settings or Settings.from_environment()
    store, faults = Store(settings.data), FaultBook()
    companies = {kind.name: kind(store.of(kind.name), faults, settings) for kind in REGISTRY}

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        for company in companies.values():
            await company.courier.close()
        store.close()

    async def overview(request: Request) -> Response:
        return page("Overview", _overview(companies.values()))

    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/", overview),
            Mount("/_control", routes=control.routes(companies, faults, store)),
            *(Mount(f"/{name}", routes=company.routes()) for name, company in companies.items()),
        ],
    )


def _overview(companies: Iterable[Company]) -> str:
    parts = ["<h1>The companies outside</h1><p class='soft'>Emulated for development and tests.</p>"]
    for company in companies:
        objects = [[link(address, name), state(status)] for address, name, status in company.overview()]
        deliveries = [
            [
                time.strftime("%H:%M:%S", time.localtime(one.at)),
                f"<code>{escape(one.type)}</code>",
                state(one.outcome),
                f"<code>{escape(one.url or '')}</code>",
            ]
            for one in list(company.courier.deliveries)[:-16:-1]
        ]
        parts += [
            f"<section class='card'><h2>{link(f'/{company.name}/', company.title)}</h2>",
            table(["Recent", "State"], objects, "Nothing has happened yet."),
            "<h2>Webhooks</h2>",
            table(["At", "Event", "Outcome", "To"], deliveries, "None has been sent yet."),
            "</section>",
        ]
    return "".join(parts)
