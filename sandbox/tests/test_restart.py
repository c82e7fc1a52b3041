import os
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

from sandbox.settings import Settings
from sandbox.testing import SandboxServer
from sandbox.tests.conftest import client_for

PARAMS = {"amount": 2000, "currency": "usd"}
KEY = {"idempotency_key": "pi:attempt-1"}


def test_a_restart_remembers_objects_and_idempotency_keys(tmp_path):
    settings = Settings(data=tmp_path / "state")
    with SandboxServer(settings) as server, client_for(server) as client:
        made = client.v1.payment_intents.create(params=PARAMS, options=KEY)

    with SandboxServer(settings) as server, client_for(server) as client:
        assert client.v1.payment_intents.retrieve(made.id).amount == 2000
        assert client.v1.payment_intents.create(params=PARAMS, options=KEY).id == made.id
        assert client.v1.events.list().data[0].type == "payment_intent.created"


def test_settings_come_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("SANDBOX_PORT", "8123")
    monkeypatch.setenv("SANDBOX_DATA", str(tmp_path))
    monkeypatch.setenv("SANDBOX_RETRY_DELAYS", "0.5,2")
    monkeypatch.setenv("SANDBOX_STRIPE_WEBHOOK_URL", "http://127.0.0.1:8000/hook")
    monkeypatch.setenv("SANDBOX_STRIPE_WEBHOOK_SECRET", "whsec_mine")

    assert Settings.from_environment() == Settings(
        port=8123,
        data=tmp_path,
        webhook_urls={"stripe": "http://127.0.0.1:8000/hook"},
        webhook_secrets={"stripe": "whsec_mine"},
        retry_delays=(0.5, 2.0),
    )


def test_the_command_serves_until_it_is_stopped(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", str(port)],
        env=os.environ | {"SANDBOX_DATA": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert _front_page(port).status_code == 200
    finally:
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=5)
    assert output == f"Sandbox: http://127.0.0.1:{port}/ (Ctrl-C stops it)\n"
    assert process.returncode == 0


def _front_page(port: int) -> httpx.Response:
    for _ in range(200):
        try:
            return httpx.get(f"http://127.0.0.1:{port}/")
        except httpx.ConnectError:
            time.sleep(0.02)
    pytest.fail("The sandbox did not start.")
