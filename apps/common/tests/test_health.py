import socket

import pytest
from django.db import connection
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

from config.settings.base import cache

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture
def client():
    return APIClient(raise_request_exception=True)


@pytest.fixture
def silent_server():
    """Accepts connections and never says a word, like a database host behind a broken network."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def database_at(transactional_db):
    """Moves the database to a port; it is back where it was after the test."""
    before = dict(connection.settings_dict)

    def move(port):
        connection.close()
        connection.settings_dict |= {"HOST": "127.0.0.1", "PORT": str(port)}

    yield move
    connection.close()
    connection.settings_dict.update(before)


@pytest.mark.django_db
def test_says_that_every_part_is_up(client):
    response = client.get("/api/health/")

    assert response.status_code == 200
    body = response.json()
    assert parse_datetime(body.pop("time")).tzinfo is not None
    assert body == {
        "status": "up",
        "version": "0.1.0",
        "parts": {
            "database": {"status": "up", "lag_seconds": None},
            "cache": {"status": "up", "lag_seconds": None},
            "outbox": {"status": "up", "lag_seconds": 0},
            "broker": {"status": "up", "lag_seconds": None},
        },
    }


@pytest.mark.parametrize("path", ["/api/health/", "/api/health/ready/"])
def test_names_a_database_that_refuses_and_says_no_more(client, database_at, path):
    database_at(port=1)

    response = client.get(path)

    assert response.status_code == 503
    assert response.json()["status"] == "down"
    assert response.json()["time"] is None
    assert response.json()["parts"]["database"] == {"status": "down", "lag_seconds": None}
    assert "127.0.0.1" not in response.content.decode()


def test_waits_once_for_a_database_that_is_silent(client, database_at, silent_server):
    database_at(silent_server)

    parts = client.get("/api/health/").json()["parts"]

    assert connection.settings_dict["OPTIONS"]["connect_timeout"] == 3
    assert {name: part["status"] for name, part in parts.items()} == {
        "database": "down",
        "cache": "up",
        "outbox": "down",
        "broker": "up",
    }


@pytest.mark.django_db
def test_serves_without_its_cache_and_says_so(client, settings):
    settings.CACHES = {"default": cache(NOBODY_LISTENS)}

    assert client.get("/api/health/ready/").status_code == 200
    response = client.get("/api/health/")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert response.json()["parts"]["cache"]["status"] == "down"


def test_lives_without_asking_the_database(client):
    response = client.get("/api/health/live/")  # this test has no access to the database

    assert response.status_code == 200
    assert response.json() == {"status": "up"}


def test_info_names_the_shop_and_links_to_its_documents(client):
    assert client.get("/api/info/").json() == {
        "name": "Demo shop",
        "version": "0.1.0",
        "currencies": ["USD", "VES"],
        "languages": ["es", "en", "pt"],
        "links": {
            "docs": "http://testserver/api/docs/",
            "redoc": "http://testserver/api/redoc/",
            "schema": "http://testserver/api/schema/",
            "health": "http://testserver/api/health/",
        },
    }
