"""The README's walk-through, exactly as printed, pasted into a shell beside a running shop."""

import re
import subprocess

import pytest

from tests.stack import ROOT, wait_until

pytestmark = pytest.mark.stack

BEGIN, END = "<!-- walk-through: begin -->", "<!-- walk-through: end -->"


def walk_through():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    part = text[text.index(BEGIN) : text.index(END)]
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", part, re.MULTILINE | re.DOTALL))


def test_a_purchase_works_as_pasted(running_shop):
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", walk_through()],
        env=running_shop.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "succeeded" in lines
    assert "confirmed" in lines
    assert '"new": "confirmed",' in done.stdout.replace("        ", "")
    assert running_shop.audit().endswith("0 broken.")


def test_the_mails_of_the_purchase_can_be_read(running_shop):
    def pages_with_both():
        page = running_shop.page("/dev/mail/")
        return page.count("ana@example.test") >= 2

    wait_until(pages_with_both)
