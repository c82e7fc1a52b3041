"""The control API under /_control: faults, resets, what was sent and received, events again. README.md has examples."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from sandbox.company import Company
from sandbox.faults import Fault, FaultBook
from sandbox.store import Store


def routes(companies: Mapping[str, Company], faults: FaultBook, store: Store) -> list[BaseRoute]:
    async def reset(request: Request) -> Response:
        faults.clear()
        store.forget_mark()
        for company in companies.values():
            await company.reset()
        return Response(status_code=204)

    async def mark(request: Request) -> Response:
        store.mark()
        return Response(status_code=204)

    async def go_back(request: Request) -> Response:
        """As everything was at the mark; faults, calls and deliveries are forgotten."""
        faults.clear()
        for company in companies.values():
            await company.courier.reset()
            company.requests.clear()
        store.go_back()
        return Response(status_code=204)

    async def add_fault(request: Request) -> Response:
        wishes = await _wishes(request)
        if wishes.get("company") not in companies:
            return _refusal(f"company is one of {', '.join(companies)}.")
        try:
            fault = Fault(**wishes)
        except (TypeError, ValueError) as error:
            return _refusal(str(error))
        faults.add(fault)
        return JSONResponse(asdict(fault), 201)

    async def list_faults(request: Request) -> Response:
        return JSONResponse([asdict(fault) for fault in faults.waiting])

    async def clear_faults(request: Request) -> Response:
        faults.clear()
        return Response(status_code=204)

    async def webhooks(request: Request) -> Response:
        return JSONResponse(_deliveries(companies.values()))

    return [
        Route("/webhooks", webhooks),
        Route("/reset", reset, methods=["POST"]),
        Route("/mark", mark, methods=["POST"]),
        Route("/mark/return", go_back, methods=["POST"]),
        Route("/faults", add_fault, methods=["POST"]),
        Route("/faults", list_faults, methods=["GET"]),
        Route("/faults", clear_faults, methods=["DELETE"]),
        *(Mount(f"/{name}", routes=_routes_of(company)) for name, company in companies.items()),
    ]


def _routes_of(company: Company) -> Sequence[BaseRoute]:
    async def requests(request: Request) -> Response:
        return JSONResponse(list(company.requests))

    async def events(request: Request) -> Response:
        return JSONResponse(company.events())

    async def send_again(request: Request) -> Response:
        message = company.message(request.path_params["id"])
        if message is None:
            return JSONResponse({"detail": "There is no such event."}, 404)
        company.courier.post(message)
        return Response(status_code=202)

    async def webhooks(request: Request) -> Response:
        return JSONResponse(_deliveries([company]))

    async def direct(request: Request) -> Response:
        """Send webhooks somewhere else until the next reset."""
        company.target = replace(company.target, **await _wishes(request))
        return JSONResponse(asdict(company.target))

    async def release(request: Request) -> Response:
        wishes = await _wishes(request)
        return JSONResponse({"released": company.courier.release(reverse=wishes.get("reverse", False))})

    return [
        Route("/requests", requests),
        Route("/events", events),
        Route("/events/{id}/send", send_again, methods=["POST"]),
        Route("/webhooks", webhooks, methods=["GET"]),
        Route("/webhooks", direct, methods=["PUT"]),
        Route("/webhooks/release", release, methods=["POST"]),
        *company.control_routes(),
    ]


def _deliveries(companies: Iterable[Company]) -> list[dict[str, Any]]:
    tries = [(company.name, delivery) for company in companies for delivery in company.courier.deliveries]
    return [{"company": name, **asdict(one)} for name, one in sorted(tries, key=lambda pair: pair[1].at)]


async def _wishes(request: Request) -> dict[str, Any]:
    return await request.json() if await request.body() else {}


def _refusal(detail: str) -> Response:
    return JSONResponse({"detail": detail}, 400)
