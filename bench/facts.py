"""What was measured where: without it, figures are rumours."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil
from django.db import connection

from bench import server


def gather(options: argparse.Namespace) -> dict[str, str]:
    """Machine, programs, commit and load, in words."""
    memory = psutil.virtual_memory().total / 2**30
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgresql = cursor.fetchone()[0]
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "commit": _commit(),
        "machine": f"{os.cpu_count()} × {_processor()}, {memory:.0f} GiB, {platform.system()} {platform.release()}",
        "programs": f"Python {platform.python_version()}, Django {version('django')}, granian {version('granian')},"
        f" psycopg {version('psycopg')}, PostgreSQL {postgresql}",
        "server": f"`{server.command()}`",
        "shop": f"{options.products:,} products; server, database and load generator share the machine",
        "length": f"{options.seconds:g} s per scenario and number of connections",
        "load average before": f"{os.getloadavg()[0]:.2f}",
    }


def _commit() -> str:
    folder = Path(__file__).parent
    asked = ["git", "-C", str(folder), "describe", "--always", "--dirty"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() or "not in a repository"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
