"""The tests' database: migrated once into a template, copied from it for each process.

After a test that commits, the copy is put back in order by one call on the server: what the test wrote goes, and what
migrations had put there (the furniture) is as it was. Django's own way takes half a second and leaves no furniture.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test import TestCase, TransactionTestCase
from psycopg import sql
from psycopg._preparing import Prepare, PrepareManager
from psycopg.pq import TransactionStatus
from psycopg.pq.abc import PGresult
from pytest_django import DjangoDbBlocker

IDLE, INSIDE = TransactionStatus.IDLE, TransactionStatus.INTRANS
COPIES = "shop_test_"
TEMPLATES = "shop_template_"
BUILDING = "shop_being_built"
BUILDING_LOCK = 20_260_101
MANY_PLANS = 2000  # statements that one connection keeps prepared

forget_plans = PrepareManager.clear

# The function names each table in a statement of its own, so that a connection plans them once.
FURNITURE = """
CREATE SCHEMA furniture;

CREATE VIEW furniture.rooms AS
    SELECT c.relname AS name, (
        SELECT string_agg(format('%I', attname), ', ' ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '') AS columns
    FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace;

DO $do$
DECLARE room record; has_rows boolean; clearing text := '';
BEGIN
    FOR room IN SELECT * FROM furniture.rooms LOOP
        clearing := clearing || format('DELETE FROM public.%I;', room.name);
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', room.name) INTO has_rows;
        IF has_rows THEN
            EXECUTE format('CREATE TABLE furniture.%1$I AS TABLE public.%1$I', room.name);
            clearing := clearing || format(
                'INSERT INTO public.%1$I (%2$s) SELECT %2$s FROM furniture.%1$I;', room.name, room.columns);
        END IF;
    END LOOP;
    EXECUTE format(
        'CREATE FUNCTION furniture.restore() RETURNS void LANGUAGE plpgsql AS %L', 'BEGIN ' || clearing || ' END');
END $do$;
"""


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Copy]:
    """Takes the place of the fixture of this name in pytest-django."""
    with django_db_blocker.unblock():
        copy = Copy(admin(), template=TEMPLATES + digest_of_the_schema(), name=f"{COPIES}{os.getpid()}")
        copy.make_template()
        copy.make()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: copy.restore())
        patch.setattr(TestCase, "tearDownClass", classmethod(undo))
        patch.setattr(PrepareManager, "clear", lambda prepared: False)  # asked for by every ROLLBACK
        patch.setattr(PrepareManager, "_should_discard", keep_plans)
        patch.setattr(PrepareManager, "prepared_max", MANY_PLANS)
        yield copy
    with django_db_blocker.unblock():
        copy.drop()


@pytest.fixture(scope="module")
def kept_for_the_module(django_db_setup: Copy, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """For a fixture of a module that makes a dear world once: what it writes stays until the module's last test is
    over, each of which takes back only its own. All tests of the module must want it, and none may commit."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def admin() -> psycopg.Connection:
    """A connection that makes and drops databases, and may wait for another process to migrate."""
    params = {**connection.get_connection_params(), "dbname": "postgres", "options": ""}
    return psycopg.connect(**params, autocommit=True)


def digest_of_the_schema() -> str:
    """Changes with any migration of any app, ours or not, and with the furniture's own code."""
    folders = sorted(Path(app.path) / "migrations" for app in apps.get_app_configs())
    files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.suffix in {".py", ".sql"}]
    return hashlib.sha256(b"".join([FURNITURE.encode(), *(file.read_bytes() for file in files)])).hexdigest()[:16]


def url() -> str:
    """The copy's address, for a process of its own that a test starts."""
    at = connection.get_connection_params()
    place = {name: at[name] for name in ("host", "port") if name in at}
    return f"postgresql://{at['user']}:{at.get('password', '')}@/{at['dbname']}?{urlencode(place)}"


def undo(case: type[TestCase]) -> None:
    """Take back what a test wrote. Django's own way closes the connection too: the next test would need a new one,
    whose empty caches cost more than most tests do."""
    case._rollback_atomics(case.cls_atomics)
    close_unless_sound()


def close_unless_sound() -> None:
    """A connection that a test has left in the midst of something, or that the server has ended, is of no more use."""
    sound = INSIDE if connection.in_atomic_block else IDLE
    if connection.connection is not None and connection.connection.info.transaction_status is not sound:
        connection.close()


def keep_plans(prepared: PrepareManager, prep: Prepare, results: Sequence[PGresult]) -> bool:
    """What a connection has prepared outlives the ROLLBACK by which tests end. psycopg forgets it then, in case
    tables were made in that transaction; to plan each statement anew in each test took a third of a purchase's time."""
    is_gone = any(one.command_status == b"DEALLOCATE ALL" for one in results)
    return is_gone and forget_plans(prepared)


@dataclass
class Copy:
    """The database that this process works on; an advisory lock on its name says that it is in use."""

    server: psycopg.Connection
    template: str
    name: str
    cleaner: psycopg.Connection | None = None

    def make_template(self) -> None:
        """Once for each state of the migrations; whoever comes first builds it, the others wait."""
        self.server.execute("SELECT pg_advisory_lock(%s)", [BUILDING_LOCK])
        if self.template not in self.databases(TEMPLATES):
            for stale in self.databases(TEMPLATES):
                self.run("DROP DATABASE {}", stale)
            self.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", BUILDING)
            self.run("CREATE DATABASE {}", BUILDING)
            use(BUILDING)
            call_command("migrate", interactive=False, verbosity=0)
            with connection.cursor() as cursor:
                cursor.execute(FURNITURE)
            connection.close()
            self.run("ALTER DATABASE {} RENAME TO {}", BUILDING, self.template)
        self.server.execute("SELECT pg_advisory_unlock(%s)", [BUILDING_LOCK])

    def make(self) -> None:
        """Beside it, drop the copies whose holders were killed."""
        self.server.execute("SELECT pg_advisory_lock(hashtext(%s))", [self.name])
        for name in self.databases(COPIES):
            if self.server.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [name]).fetchone() == (True,):
                self.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
                self.server.execute("SELECT pg_advisory_unlock(hashtext(%s))", [name])
        self.run("CREATE DATABASE {} TEMPLATE {}", self.name, self.template)
        use(self.name)

    def restore(self) -> None:
        """Neither foreign keys nor triggers stand in the way of a replica."""
        close_unless_sound()
        if self.cleaner is None:
            params = {**connection.get_connection_params(), "options": "-c session_replication_role=replica"}
            self.cleaner = psycopg.connect(**params, autocommit=True)
        self.cleaner.execute("SELECT furniture.restore()")

    def drop(self) -> None:
        connection.close()
        if self.cleaner is not None:
            self.cleaner.close()
        self.run("DROP DATABASE {} WITH (FORCE)", self.name)
        self.server.close()

    def databases(self, prefix: str) -> list[str]:
        rows = self.server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
        return [name for (name,) in rows]

    def run(self, statement: str, *names: str) -> None:
        self.server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def use(name: str) -> None:
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
