"""Everybody who tells rates, in their own words: the central bank's page, those who repeat it, and market feeds.

    PUT /_control/rates/sources/bcv   {"rate": "790.12", "value_date": "2026-08-24", "manner": "swapped_comma"}
    PUT /_control/rates/sources/all   {"rate": "790.12"}
    GET /_control/rates/sources

`rate` is bolívares for a dollar. `value_date` null means today, or the Friday before on a weekend. `manner` is null or
one of MANNERS. Each source lives under its own path, so a fault finds it: {"company": "rates", "path": "/dolarapi", …}.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.company import Company

CARACAS = timezone(timedelta(hours=-4))
SOURCES = [
    "bcv",
    "dolarapi",
    "pydolarve",
    "exchangerate_api",
    "open_er_api",
    "open_exchange_rates",
    "exchangerate_host",
]
MANNERS = {
    "stale": "the value date is ten days back",
    "swapped_comma": "the decimal mark is lost: the bank writes a point for its comma, JSON has no point at all",
    "parallel": "DolarApi answers with the parallel rate, and says so",
}
DEFAULT = {"rate": "784.66330000", "value_date": None, "manner": None}
OTHER_RATES = {"USD": "1", "EUR": "0.8559", "NGN": "1530.42", "GHS": "10.95", "KES": "129.24", "ZAR": "17.21"}
DAYS = ["Lunes", "Martes", "Miércoles", "Jueves", "Viernes", "Sábado", "Domingo"]
MONTHS = "Enero Febrero Marzo Abril Mayo Junio Julio Agosto Septiembre Octubre Noviembre Diciembre".split()
RATE = "«rate»"  # stands in a document where the digits go, so that they arrive as they were given


class Rates(Company):
    name = "rates"
    title = "Rate sources"

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/bcv/", self.api(self.bcv)),
            Route("/dolarapi/v1/dolares/oficial", self.api(self.dolarapi)),
            Route("/pydolarve/api/v2/dollar", self.api(self.pydolarve)),
            Route("/exchangerate_api/v6/{key}/latest/{base}", self.api(self.exchangerate_api)),
            Route("/open_er_api/v6/latest/{base}", self.api(self.open_er_api)),
            Route("/open_exchange_rates/api/latest.json", self.api(self.open_exchange_rates)),
            Route("/exchangerate_host/live", self.api(self.exchangerate_host)),
        ]

    def control_routes(self) -> Sequence[BaseRoute]:
        async def change(request: Request) -> Response:
            source, wishes = request.path_params["source"], await request.json()
            try:
                for one in SOURCES if source == "all" else [source]:
                    self.drawer.put("source", one, _sound(self.saying(one) | wishes))
            except (ValueError, InvalidOperation) as error:
                return JSONResponse({"detail": str(error)}, 400)
            return JSONResponse({one: self.saying(one) for one in SOURCES})

        async def show(request: Request) -> Response:
            return JSONResponse({one: self.saying(one) for one in SOURCES})

        return [
            Route("/sources", show, methods=["GET"]),
            Route("/sources/{source}", change, methods=["PUT"]),
        ]

    def overview(self) -> list[tuple[str, str, str]]:
        return [("", f"{one}: {self.saying(one)['rate']} Bs. on {self.value_date(one)}", "open") for one in SOURCES]

    def refuse(self, request: Request, status: int) -> Response:
        if "/bcv/" in request.url.path:
            return HTMLResponse("<html><body><h1>Servicio no disponible</h1></body></html>", status)
        return JSONResponse({"error": True, "status": status, "message": "internal_error"}, status)

    def saying(self, source: str) -> dict[str, Any]:
        if source not in SOURCES:
            raise ValueError(f"source is one of {', '.join(SOURCES)}, or all.")
        return self.drawer.get("source", source) or DEFAULT

    def rate(self, source: str) -> str:
        saying = self.saying(source)
        match saying["manner"]:
            case "swapped_comma":
                return f"{Decimal(saying['rate']):.8f}".replace(".", "")
            case "parallel":
                return str(Decimal(saying["rate"]) * Decimal("1.155"))
        return str(saying["rate"])

    def value_date(self, source: str) -> date:
        saying = self.saying(source)
        day = date.fromisoformat(saying["value_date"]) if saying["value_date"] else _today()
        return day - timedelta(days=10) if saying["manner"] == "stale" else day

    def moment(self, source: str) -> str:
        return f"{self.value_date(source)}T00:00:00-04:00"

    def timestamp(self, source: str) -> int:
        return int(datetime.combine(self.value_date(source), datetime.min.time(), CARACAS).timestamp())

    def json(self, document: Any, source: str) -> Response:
        body = json.dumps(document, ensure_ascii=False).replace(f'"{RATE}"', self.rate(source))
        return Response(body, media_type="application/json")

    async def bcv(self, request: Request) -> Response:
        digits = f"{Decimal(self.saying('bcv')['rate']):,.8f}"
        if self.saying("bcv")["manner"] != "swapped_comma":
            digits = digits.translate(str.maketrans(",.", ".,"))
        day = self.value_date("bcv")
        written = f"{DAYS[day.weekday()]}, {day.day:02} {MONTHS[day.month - 1]}  {day.year}"
        return HTMLResponse(_bcv_page(digits, self.moment("bcv"), written))

    async def dolarapi(self, request: Request) -> Response:
        is_parallel = self.saying("dolarapi")["manner"] == "parallel"
        document = {
            "moneda": "USD",
            "fuente": "paralelo" if is_parallel else "oficial",
            "nombre": "Paralelo" if is_parallel else "Dólar",
            "compra": None,
            "venta": None,
            "promedio": RATE,
            "fechaActualizacion": self.moment("dolarapi"),
        }
        return self.json(document, "dolarapi")

    async def pydolarve(self, request: Request) -> Response:
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return JSONResponse({"error": "Token no proporcionado"}, 401)
        monitor = {
            "change": 0.0,
            "color": "green",
            "image": "https://res.cloudinary.com/monitor/bcv.webp",
            "last_update": self.moment("pydolarve"),
            "percent": 0.0,
            "price": RATE,
            "price_old": RATE,
            "symbol": "",
            "title": "Dólar estadounidense",
        }
        if request.query_params.get("monitor") != "usd":
            now = datetime.now(CARACAS)
            clock = {"date": f"{now:%A, %d de %B de %Y}", "time": f"{now:%I:%M:%S %p}"}
            return self.json({"datetime": clock, "monitors": {"usd": monitor}}, "pydolarve")
        return self.json(monitor, "pydolarve")

    async def exchangerate_api(self, request: Request) -> Response:
        if error := {"invalid": "invalid-key", "spent": "quota-reached"}.get(request.path_params["key"]):
            return JSONResponse({"result": "error", "error-type": error}, 403)
        return self.json(self._daily("exchangerate_api", "conversion_rates", request), "exchangerate_api")

    async def open_er_api(self, request: Request) -> Response:
        head = {"provider": "https://www.exchangerate-api.com", "time_eol_unix": 0}
        return self.json(head | self._daily("open_er_api", "rates", request), "open_er_api")

    def _daily(self, source: str, field: str, request: Request) -> dict[str, Any]:
        if request.path_params["base"] != "USD":
            return {"result": "error", "error-type": "unsupported-code"}
        at = self.timestamp(source)
        return {
            "result": "success",
            "time_last_update_unix": at,
            "time_next_update_unix": at + 86400,
            "base_code": "USD",
            field: _numbers(OTHER_RATES) | {"VES": RATE},
        }

    async def open_exchange_rates(self, request: Request) -> Response:
        key, wanted = request.query_params.get("app_id", ""), request.query_params.get("symbols", "").split(",")
        if key in {"", "invalid"}:
            message = "invalid_app_id" if key else "missing_app_id"
            refusal = {"error": True, "status": 401, "message": message, "description": "Invalid App ID provided."}
            return JSONResponse(refusal, 401)
        rates = {code: value for code, value in (_numbers(OTHER_RATES) | {"VES": RATE}).items() if code in wanted}
        head = {"disclaimer": "Usage subject to terms", "license": "https://openexchangerates.org/license"}
        body = head | {"timestamp": self.timestamp("open_exchange_rates"), "base": "USD", "rates": rates}
        return self.json(body, "open_exchange_rates")

    async def exchangerate_host(self, request: Request) -> Response:
        key, wanted = request.query_params.get("access_key", ""), request.query_params.get("currencies", "").split(",")
        if key in {"", "invalid", "spent"}:
            code, kind = (104, "usage_limit_reached") if key == "spent" else (101, "invalid_access_key")
            error = {"code": code, "type": kind, "info": "See the documentation."}
            return JSONResponse({"success": False, "error": error})
        rates = _numbers(OTHER_RATES) | {"VES": RATE}
        quotes = {f"USD{code}": value for code, value in rates.items() if code in wanted}
        head = {"success": True, "timestamp": self.timestamp("exchangerate_host"), "source": "USD"}
        return self.json(head | {"quotes": quotes}, "exchangerate_host")


def _today() -> date:
    today = datetime.now(UTC).astimezone(CARACAS).date()
    return today - timedelta(days=max(0, today.weekday() - 4))


def _sound(saying: dict[str, Any]) -> dict[str, Any]:
    if unknown := saying.keys() - DEFAULT.keys():
        raise ValueError(f"There is no {', '.join(sorted(unknown))} to set.")
    if saying["manner"] not in {None, *MANNERS}:
        raise ValueError(f"manner is null or one of {', '.join(MANNERS)}.")
    Decimal(saying["rate"])
    if saying["value_date"]:
        date.fromisoformat(saying["value_date"])
    return saying


def _numbers(rates: dict[str, str]) -> dict[str, Any]:
    return {code: float(value) for code, value in rates.items()}


def _bcv_page(digits: str, moment: str, written: str) -> str:
    others = {"euro": ("EUR", "911,21815526"), "yuan": ("CNY", "109,20114000"), "rublo": ("RUB", "9,22739438")}
    blocks = "".join(_bcv_block(name, *pair) for name, pair in others.items())
    return f"""<!DOCTYPE html>
<html lang="es" dir="ltr">
<head><meta charset="utf-8" /><title>Banco Central de Venezuela</title></head>
<body class="html front">
<span class="date-display-single" property="dc:date" datatype="xsd:dateTime" content="2020-01-02T00:00:00-04:00">\
Jueves, 02 Enero 2020</span>
<div class="view view-tipo-de-cambio-oficial-del-bcv"><div class="view-content">
{blocks}{_bcv_block("dolar", "USD", digits)}
<div class="pull-right dinpro center">
Fecha Valor: <span class="date-display-single" property="dc:date" datatype="xsd:dateTime" content="{moment}">\
{written}</span>
</div></div></div>
</body></html>
"""


def _bcv_block(name: str, code: str, digits: str) -> str:
    return f"""<div id="{name}" class="col-sm-12 col-xs-12 ">
 <div class="field-content">
  <div class="row recuadrotsmc">
   <div class="col-sm-6 col-xs-6">
    <img src="/sites/default/files/{name}-04_2.png" class="icono_bss_blanco1">
    <span> {code}</span> </div>
   <div class="col-sm-6 col-xs-6 centrado textp"> <strong class="strong-tb">{digits}</strong>  </div>
  </div>
 </div>
</div>
"""
