"""The README's walk-through, exactly as printed, pasted into a shell beside a running shop."""

import re
import subprocess

import pytest

from tests.stack import ROOT, wait_until

pytestmark = pytest.mark.stack


def commands(part):
    """What the README prints in shell blocks between the two marks of this part."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    inside = text[text.index(f"<!-- {part}: begin -->") : text.index(f"<!-- {part}: end -->")]
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", inside, re.MULTILINE | re.DOTALL))


def paste(running_shop, part):
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", commands(part)],
        env=running_shop.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_a_purchase_works_as_pasted(running_shop):
    done = paste(running_shop, "walk-through")

    lines = done.stdout.splitlines()
    assert "succeeded" in lines
    assert "confirmed" in lines
    assert '"new": "confirmed",' in done.stdout.replace("        ", "")
    assert running_shop.broken_invariants() == []
    wait_until(lambda: running_shop.page("/dev/mail/").count("ana@example.test") >= 2)  # placed, and confirmed


def test_every_other_way_to_pay_works_as_pasted(running_shop):
    done = paste(running_shop, "ways to pay")

    lines = done.stdout.splitlines()
    assert lines.count("paid") == 4  # PayPal, Paystack, transfer, Pago Móvil
    assert "succeeded" in lines
    assert "confirmed" in lines
    assert running_shop.broken_invariants() == []
