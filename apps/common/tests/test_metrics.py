from ipaddress import ip_network

import pytest

pytestmark = pytest.mark.django_db
TOKEN = "a-word-that-only-prometheus-knows"


@pytest.fixture(autouse=True)
def _closed(settings):
    settings.METRICS_ALLOWED, settings.METRICS_TOKEN, settings.TRUSTED_PROXIES = [], "", []


def status(client, **headers):
    return client.get("/metrics/", headers=headers).status_code


@pytest.mark.parametrize("said", ["", "Bearer", "Bearer ", "Bearer None", f"Bearer {TOKEN}"])
def test_a_shop_that_says_nothing_shows_them_to_nobody(client, said):
    assert status(client, authorization=said) == 404


def test_who_brings_the_token_reads_them(client, settings):
    settings.METRICS_TOKEN = TOKEN

    assert status(client, authorization=f"Bearer {TOKEN}") == 200
    assert [status(client, authorization=said) for said in ("", "Bearer", f"Bearer {TOKEN}é", TOKEN)] == [404] * 4


def test_who_asks_from_an_allowed_address_reads_them(client, settings):
    settings.METRICS_ALLOWED = [ip_network("127.0.0.0/8")]

    assert status(client) == 200
    assert client.get("/metrics/", REMOTE_ADDR="192.0.2.1").status_code == 404
    assert client.get("/metrics/", REMOTE_ADDR="").status_code == 404


def test_a_stranger_behind_our_proxy_is_told_from_it(client, settings):
    settings.METRICS_ALLOWED = settings.TRUSTED_PROXIES = [ip_network("127.0.0.1")]

    assert status(client, x_forwarded_for="192.0.2.1") == 404


def test_nothing_is_sent_there(client, settings):
    settings.METRICS_TOKEN = TOKEN

    assert client.post("/metrics/", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 405


def test_they_say_which_part_works_and_how_far_it_is_behind(client, settings):
    settings.METRICS_TOKEN = TOKEN

    answer = client.get("/metrics/", headers={"authorization": f"Bearer {TOKEN}"})

    lines = answer.content.decode().splitlines()
    assert answer["Content-Type"].startswith("text/plain; version=")
    assert {'shop_part_up{part="database"} 1.0', 'shop_part_up{part="cache"} 1.0'} <= set(lines)
    assert 'shop_part_lag_seconds{part="outbox"} 0.0' in lines
