"""Pictures that imported products have elsewhere: fetched when an operator says from which hosts.

An address in a file is what a stranger wrote. So none is followed by itself: only https, only hosts that are named at
that moment, only addresses of the open internet, looked up once and used as they were checked, and no redirects.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from io import BytesIO
from ipaddress import ip_address, ip_network

import httpx
from django.db import transaction
from django.db.models.functions import Now

from apps.bulk.models import WantedPicture
from apps.catalog import services as catalog_services
from apps.common.exceptions import DomainError

MOST_BYTES = 10 * 1024 * 1024
TIMEOUT_SECONDS = 10
_GATEWAYS = [ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "::/96")]
"""IPv6 addresses that carry one of IPv4 in them, which may be of our own house."""
Lookup = Callable[[str], list[str]]


class NotFetched(Exception):
    """The picture stays where it is; the message is one sentence for a person."""


@dataclass(slots=True)
class Fetched:
    fetched: int = 0
    failed: int = 0


def look_up(host: str) -> list[str]:
    """The internet addresses of a host."""
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NotFetched(f"{host} is not known.") from error
    return [str(entry[4][0]) for entry in found]


def fetch_pictures(
    *,
    hosts: Collection[str],
    client: httpx.Client,
    lookup: Lookup = look_up,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Fetched:
    """Give products the pictures that wait on these hosts, in their order; each is fetched once.

    What fails keeps its reason, and is tried again the next time.
    """
    report = Fetched()
    waiting = WantedPicture.objects.filter(fetched_at=None).order_by("product_id", "position", "pk")
    ours = [picture for picture in waiting if _host_of(picture.url) in hosts]
    for done, picture in enumerate(ours, start=1):
        try:
            report.fetched += _keep(picture, fetch(picture.url, hosts=hosts, client=client, lookup=lookup))
        except (NotFetched, DomainError) as error:
            WantedPicture.objects.filter(pk=picture.pk).update(problem=str(error)[:200])
            report.failed += 1
        progress(done, len(ours))
    return report


@transaction.atomic
def _keep(picture: WantedPicture, content: bytes) -> bool:
    """Whether the product has it by this: of two who fetch at once one is late."""
    if not WantedPicture.objects.filter(pk=picture.pk, fetched_at=None).update(fetched_at=Now(), problem=""):
        return False
    image = catalog_services.NewImage(product_id=picture.product_id, file=BytesIO(content), alt=picture.alt)
    catalog_services.add_images(images=[image])
    return True


def fetch(address: str, *, hosts: Collection[str], client: httpx.Client, lookup: Lookup) -> bytes:
    """The file at an address.

    Raises:
        NotFetched: the address is not one that we go to, or there is no picture of a sensible size.
    """
    url = _url_of(address)
    host = url.raw_host.decode()
    if url.scheme != "https" or url.userinfo or url.port not in (None, 443):
        raise NotFetched("Only plain https addresses are fetched.")
    if host not in hosts:
        raise NotFetched(f"{host} is not among the hosts that were named.")
    url = url.copy_with(host=_open_address(host, lookup))
    try:
        with client.stream("GET", url, headers={"Host": host}, extensions={"sni_hostname": host}) as response:
            if response.status_code != 200:
                raise NotFetched(f"{host} answered {response.status_code}.")
            return _read(response)
    except httpx.HTTPError as error:
        raise NotFetched(f"{host} did not answer: {type(error).__name__}.") from error


def _host_of(address: str) -> str:
    """Empty for what is no address: one such line in a file must not keep the other pictures waiting."""
    try:
        return _url_of(address).raw_host.decode()
    except NotFetched:
        return ""


def _url_of(address: str) -> httpx.URL:
    """As the very parser reads it that will go there."""
    try:
        return httpx.URL(address)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise NotFetched("This is no address.") from error


def _open_address(host: str, lookup: Lookup) -> str:
    """One address of the host, if all of them belong to the open internet; it is used as it was checked."""
    places = lookup(host)
    if not places or not all(_is_open(place) for place in places):
        raise NotFetched(f"{host} does not lie in the open internet.")
    return places[0]


def _is_open(place: str) -> bool:
    address = ip_address(place)
    return address.is_global and not address.is_multicast and not any(address in net for net in _GATEWAYS)


def _read(response: httpx.Response) -> bytes:
    content = bytearray()
    for piece in response.iter_bytes():
        content += piece
        if len(content) > MOST_BYTES:
            raise NotFetched(f"It is larger than {MOST_BYTES // 1024 // 1024} MB.")
    return bytes(content)
