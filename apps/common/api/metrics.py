"""`/metrics/`, for Prometheus and nobody else."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST

from apps.common import metrics
from apps.common.api.callers import client_address


@require_GET
def metrics_page(request: HttpRequest) -> HttpResponse:
    """For strangers there is nothing at this address."""
    if not (_is_allowed_address(request) or _has_token(request)):
        raise Http404
    return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


def _is_allowed_address(request: HttpRequest) -> bool:
    try:
        address = ip_address(client_address(request))
    except ValueError:  # a server on a Unix socket knows no address
        return False
    return any(address in network for network in settings.METRICS_ALLOWED)


def _has_token(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    return bool(token) and constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}")
