"""The storefront guide's own program, run by Node beside a running shop."""

import re
import shutil
import subprocess

import pytest

from tests.stack import ROOT

pytestmark = pytest.mark.stack

BEGIN, END = "<!-- program: begin -->", "<!-- program: end -->"


def program():
    text = (ROOT / "docs" / "storefront.md").read_text(encoding="utf-8")
    part = text[text.index(BEGIN) : text.index(END)]
    return "\n".join(re.findall(r"^```js\n(.*?)^```", part, re.MULTILINE | re.DOTALL))


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_accounts_flows_work_as_printed(running_shop, tmp_path):
    (tmp_path / "storefront.mjs").write_text(program(), encoding="utf-8")

    done = subprocess.run(
        ["node", tmp_path / "storefront.mjs"],
        env=running_shop.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Registration successful. Please check your email to verify your account.",
        "the link is ours",
        "Márquez 1 true",
        "1 of 2 is this one",
        "email code for change_phone",
        "+584121234567 email",
        "email code for change_email",
        "known by the new address",
        "email code for change_password",
        "The password was changed.",
        "session-ended",
        "in again",
        "application/zip true",
        "email code for erase_account",
        "invalid-credentials",
    ]
