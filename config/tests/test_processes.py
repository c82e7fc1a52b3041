"""Programs side by side: when one end comes, it comes for all, and for whatever they have started."""

import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.processes import running, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
RUNNER = """
import os, sys
from pathlib import Path
from config.processes import Processes
with Processes(environment=os.environ, folder=Path(sys.argv[1]), grace_seconds=float(sys.argv[2])) as processes:
    for line in sys.argv[3:]:
        processes.start(*line.split(":", 1))
    print("ended:", processes.wait(), flush=True)
"""
SLEEPER = "sleeper: echo awake; exec sleep 600"
STUBBORN = "stubborn: trap '' TERM INT HUP; echo awake; while :; do sleep 600; done"
PARENT = "parent: sleep 600 & echo awake; exec sleep 600"
NO_GRACE, ENDLESS_GRACE = "0.2", "600"


@pytest.fixture
def run(tmp_path):
    """Start the programs; gives the runner, its log and all processes, once every program has said that it is awake."""
    log = tmp_path / "log"
    with contextlib.ExitStack() as stack:

        def start(*programs, grace=NO_GRACE):
            command = [sys.executable, "-c", RUNNER, tmp_path, grace, *programs]
            runner = stack.enter_context(running(command, log, cwd=ROOT))
            wait_until(lambda: log.read_text().count("awake") == len(programs), process=runner, log=log)
            return runner, log, psutil.Process(runner.pid).children(recursive=True)

        yield start


def living(processes):
    return [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_of_them_and_what_they_have_started(run, asked):
    runner, log, processes = run(SLEEPER, PARENT, STUBBORN)

    runner.send_signal(asked)

    assert runner.wait() == 0
    assert living(processes) == []
    assert "ended: None" in log.read_text()


def test_a_second_signal_cuts_the_grace_short(run):
    runner, log, processes = run(STUBBORN, grace=ENDLESS_GRACE)

    runner.send_signal(signal.SIGINT)
    wait_until(lambda: "ended: None" in log.read_text(), process=runner, log=log)
    runner.send_signal(signal.SIGINT)

    assert runner.wait() == 0
    assert living(processes) == []


@pytest.mark.parametrize(
    ("last_words", "reason"),
    [("exit 3", "mortal ended with status 3"), ("kill -9 $$", "mortal was ended by SIGKILL")],
)
def test_when_one_ends_by_itself_the_others_are_stopped_and_the_reason_is_told(run, tmp_path, last_words, reason):
    mortal = f"mortal: echo awake; while [ ! -e {tmp_path}/now ]; do sleep 0.05; done; {last_words}"
    runner, log, processes = run(SLEEPER, STUBBORN, mortal)

    (tmp_path / "now").touch()

    assert runner.wait() == 0
    assert living(processes) == []
    assert f"ended: {reason}" in log.read_text()


def test_each_line_carries_the_name_of_who_said_it(tmp_path):
    command = [sys.executable, "-c", RUNNER, tmp_path, NO_GRACE, "web: echo one; echo two >&2", "worker: sleep 600"]

    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()

    assert said == ["web     | one", "web     | two", "ended: web ended with status 0"]
