from ipaddress import ip_network

import pytest
from django.test import RequestFactory

from apps.common.api.callers import client_address

PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8::1")]


def address(peer, forwarded=None):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer))


def test_without_proxies_of_ours_nobodys_word_counts():
    assert address("203.0.113.5", "198.51.100.1") == "203.0.113.5"


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.2.0.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "not an address", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.2", "10.0.0.2"),
        ("2001:db8::1", "2001:db8:1::5", "2001:db8:1::5"),
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),
    ],
)
def test_our_proxies_are_believed_from_the_end_on(settings, peer, forwarded, expected):
    settings.TRUSTED_PROXIES = PROXIES

    assert address(peer, forwarded) == expected
