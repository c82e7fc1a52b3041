"""A real browser for the tests that want one: the Chromium of the machine, without a window."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE_SECONDS = 60


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One for all tests; it reaches nothing but this machine."""
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService  # half a second, for those who want a browser

    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("Chromium and its driver are not installed (apt-get install chromium chromium-driver)")
    options = ChromeOptions()
    options.binary_location = chromium
    for flag in flags(tmp_path_factory.mktemp("chromium")):
        options.add_argument(flag)
    with Chrome(options, ChromeService(driver)) as chrome:  # told where the driver is, Selenium looks for none
        chrome.set_page_load_timeout(PATIENCE_SECONDS)
        yield chrome


def flags(profile: Path) -> list[str]:
    return [
        "--headless",
        "--no-sandbox",  # build machines run as root, and visit only our own pages
        "--disable-gpu",
        "--disable-dev-shm-usage",  # containers have little of it
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        "--window-size=1000,1200",
        f"--user-data-dir={profile}",
    ]
