"""`make run` for whoever cannot run it yet: one sentence each; and for whoever stops it: nothing is left behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack import are_over, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent


def refusal(tmp_path, **settings):
    """What `config.run` says on its way out, without the steps that it reports."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DJANGO"))}
    environment = kept | {"DATA_DIR": str(tmp_path / "data"), "PORT": "20998", "SANDBOX_PORT": "20999"} | settings
    ended = subprocess.run(
        [sys.executable, "-m", "config.run"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stdout + ended.stderr
    return ended.stderr.strip()


@pytest.mark.parametrize("name", ["PORT", "SANDBOX_PORT"])
def test_a_taken_port_is_named_with_a_way_out(tmp_path, name):
    with socket.create_server(("127.0.0.1", 0)) as other_program:
        port = other_program.getsockname()[1]

        said = refusal(tmp_path, **{name: str(port)})

    assert said == f"Port {port} is taken by another program; choose another: make run {name}={port + 1}"


def test_a_port_must_be_one(tmp_path):
    assert refusal(tmp_path, PORT="eighty") == "PORT must be a number from 1 to 65535, not 'eighty'."


def test_two_ports_must_be_two(tmp_path):
    assert refusal(tmp_path, PORT="20998", SANDBOX_PORT="20998") == "PORT and SANDBOX_PORT are the same; choose two."


def put_a_file(folder):
    folder.parent.mkdir()
    folder.write_text("I am no folder")


def put_rubbish(folder):
    folder.mkdir(parents=True)
    (folder / "holiday.jpg").write_text("a photograph")


def put_another_version(folder):
    folder.mkdir(parents=True, mode=0o700)
    (folder / "PG_VERSION").write_text("9\n")
    (folder / "postgresql.conf").touch()
    (folder / "pg_hba.conf").touch()
    (folder / "global").mkdir()
    (folder / "global" / "pg_control").touch()


def put_broken_configuration(folder):
    folder.mkdir(parents=True)
    (folder / "PG_VERSION").write_text("18\n")
    (folder / "postgresql.conf").write_text("port = a ship's\n")


@pytest.mark.parametrize(
    ("breaks", "reason"),
    [
        (put_a_file, "does not start: Not a directory"),
        (put_rubbish, "holds no PostgreSQL data"),
        (put_another_version, "does not start: database files are incompatible with server"),
        (put_broken_configuration, "does not start: "),
    ],
)
def test_a_broken_data_folder_is_named_with_the_reason(tmp_path, breaks, reason):
    folder = tmp_path / "data" / "postgres"
    breaks(folder)

    said = refusal(tmp_path)

    assert str(folder) in said
    assert reason in said
    assert said.endswith("move it away and start again.")
    assert len(said.splitlines()) == 1


@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="wants a place where not even root may write")
def test_a_folder_where_one_may_not_write_is_named_with_the_reason(tmp_path):
    said = refusal(tmp_path, DATA_DIR="/sys/kernel/shop")

    assert said.startswith(
        "The embedded PostgreSQL in /sys/kernel/shop/postgres does not start: Operation not permitted"
    )
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://nobody@127.0.0.1:9/shop", "The database does not answer: "),
        ("rubbish", "The settings cannot be read: "),
    ],
)
def test_a_database_url_that_leads_nowhere_is_told_in_one_sentence(tmp_path, url, sentence):
    said = refusal(tmp_path, DATABASE_URL=url)

    assert said.startswith(sentence)
    assert len(said.splitlines()) == 1


def test_an_old_python_is_told_what_is_wanted(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    old_python = tmp_path / "old-python"
    pretend = "import runpy, sys; sys.argv[:] = sys.argv[1:]; sys.version_info = (3, 9, 2); sys.version = '3.9.2 (old)'"
    old_python.write_text(
        f'#!/bin/sh\nexec {sys.executable} -c "{pretend}; runpy.run_path(sys.argv[0], run_name=\'__main__\')" "$@"\n'
    )
    old_python.chmod(0o755)

    direct = subprocess.run(
        [old_python, "requirements/install.py", "local"], cwd=tmp_path, capture_output=True, text=True
    )
    made = subprocess.run(["make", "run", f"PYTHON={old_python}"], cwd=tmp_path, capture_output=True, text=True)

    sentence = "The shop needs Python 3.11 or newer; this is 3.9.2. Name another: make run PYTHON=python3.12"
    assert (direct.returncode, direct.stdout, direct.stderr) == (1, "", f"{sentence}\n")
    assert made.returncode != 0
    assert made.stderr.splitlines()[0] == sentence
    assert "Traceback" not in made.stderr


@pytest.mark.stack
def test_when_the_shop_is_told_to_end_nothing_of_it_is_left(stack):
    """Here by SIGTERM. What Ctrl-C leaves is looked at when the last test is done, a killed worker in tests/faults."""
    shop = stack.be_running()
    wait_until(lambda: shop.processes("celery", "beat"))
    everything = shop.everything()

    shop.stop(by=signal.SIGTERM)

    assert are_over(everything)
