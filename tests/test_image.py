"""The image without Docker: its files, its variables and its commands, in a folder of their own."""

import ast
import json
import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import httpx
import pytest
from django.conf import settings

from sandbox.testing import plain_http
from tests import database
from tests.processes import free_port, running, wait_until

PYTHON = Path(sys.executable)
DOCKERFILE = (settings.BASE_DIR / "Dockerfile").read_text().replace("\\\n", " ")
FROM_THE_PROXY = {"Host": "api.shop.example", "X-Forwarded-Proto": "https"}
LAST_STAGE = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]


def instructions(name):
    return re.findall(rf"^{name} (.+)$", LAST_STAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """A folder with what .dockerignore lets in, and the environment of the last stage in it."""
    root = tmp_path_factory.mktemp("image")
    for kept in re.findall(r"^!(.+)$", (settings.BASE_DIR / ".dockerignore").read_text(), re.MULTILINE):
        source, target = settings.BASE_DIR / kept, root / "shop" / kept
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("tests"))  # compiled files save seconds
        elif source.exists():
            shutil.copy(source, target)
    variables = dict(pair.split("=", 1) for line in instructions("ENV") for pair in shlex.split(line))
    moved = {"/shop": str(root / "shop"), "/data": str(root / "data"), "0.0.0.0": "127.0.0.1"}  # noqa: S104  the image's, not ours
    for here, there in moved.items():
        variables = {name: value.replace(here, there) for name, value in variables.items()}
    return root / "shop", variables | {"PATH": f"{PYTHON.parent}:/usr/bin:/bin"}


@pytest.fixture(scope="module")
def build(image):
    folder, environment = image
    for command in instructions("RUN"):
        if "manage.py" in command:  # the others make the user and his folder
            subprocess.run(["sh", "-c", command], cwd=folder, env=environment, check=True, capture_output=True)
    return folder, environment


@pytest.fixture(scope="module")
def secrets(django_db_setup, redis_url):
    return {
        "SECRET_KEY": "x" * 50,
        "DATABASE_URL": database.url(),
        "REDIS_URL": redis_url,
        "ALLOWED_HOSTS": "api.shop.example",
        "SITE_URL": "https://api.shop.example",
        "STOREFRONT_URL": "https://shop.example",
    }


@pytest.fixture(scope="module")
def site(build, secrets, tmp_path_factory):
    """A client of the running image; whoever comes only looks."""
    folder, environment = build
    environment = environment | secrets | {"GRANIAN_PORT": str(free_port())}
    address, log = f"http://127.0.0.1:{environment['GRANIAN_PORT']}", tmp_path_factory.mktemp("site") / "web.log"
    command = json.loads(re.search(r"^CMD (.+)$", LAST_STAGE, re.MULTILINE)[1])
    program = [PYTHON.parent / command[0], *command[1:]]
    with running(program, log, cwd=folder, env=environment) as server, plain_http(address) as client:
        wait_until(lambda: lives(client), process=server, log=log)
        yield client


def lives(client):
    try:
        return client.get("/api/health/live/").is_success
    except httpx.TransportError:
        return False


def test_serves_in_production_with_everything_up(site):
    answer = site.get("/api/health/")

    assert answer.status_code == 200
    assert {part: state["status"] for part, state in answer.json()["parts"].items()} == {
        "database": "up",
        "cache": "up",
        "outbox": "up",
        "broker": "up",
    }


def test_sends_everybody_to_https(site):
    answer = site.get("/admin/login/", headers=FROM_THE_PROXY | {"X-Forwarded-Proto": "http"})

    assert (answer.status_code, answer.headers["Location"]) == (301, "https://api.shop.example/admin/login/")


def test_serves_the_admin_and_its_files(site):
    page = site.get("/admin/login/", headers=FROM_THE_PROXY)
    stylesheet = re.search(r'href="(/static/[^"]+\.css)"', page.text)[1]
    file = site.get(stylesheet, headers=FROM_THE_PROXY)

    assert page.status_code == 200
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert file.status_code == 200
    assert file.headers["Cache-Control"] == "max-age=315360000, public, immutable"  # its name changes with its content


def test_the_image_imports_nothing_that_its_lock_does_not_pin(image):
    folder, _ = image
    only_for_laptops = {"run.py", "embedded.py", "local.py", "test.py"}
    files = [file for file in folder.rglob("*.py") if file.name not in only_for_laptops]
    pinned = set(re.findall(r"^([a-z0-9-]+)==", (folder / "requirements/production.txt").read_text(), re.MULTILINE))

    imported = {name for file in files for name in imports_of(file)} - sys.stdlib_module_names - {"apps", "config"}

    owners = packages_distributions()
    assert {name for name in imported if not pinned.intersection(map(canonical, owners.get(name, [])))} == set()


def imports_of(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]


def canonical(distribution):
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_compose_fits_the_published_specification():
    command = [PYTHON.parent / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]

    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "ok -- validation done\n")


def test_compose_holds_no_secret():
    text = (settings.BASE_DIR / "docker-compose.yml").read_text()

    assert re.findall(r"(?:PASSWORD|SECRET|KEY): (?!\$\{)", text) == []
    assert "://shop:${POSTGRES_PASSWORD:?set it in .env}@" in text
