"""Where the companies keep their objects: one SQLite table of JSON documents, in a file or in memory."""

import json
import sqlite3
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    company TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (company, kind, id)
)
"""

PUT = """
INSERT INTO documents (company, kind, id, body) VALUES (?, ?, ?, ?)
ON CONFLICT (company, kind, id) DO UPDATE SET body = excluded.body
"""


class Store:
    """All documents of all companies. Only the server's own thread reads and writes."""

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        path = ":memory:" if folder is None else folder / "sandbox.sqlite3"
        self.database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = OFF")  # a sandbox may lose its last moment in a power cut
        self.database.execute(SCHEMA)

    def of(self, company: str) -> "Drawer":
        return Drawer(self.database, company)

    def mark(self) -> None:
        """Remember how everything is now; only the last mark counts."""
        self.forget_mark()
        self.database.execute("SAVEPOINT mark")

    def go_back(self) -> None:
        """Make everything as it was at the mark, which stays."""
        self.database.execute("ROLLBACK TO mark")

    def forget_mark(self) -> None:
        if self.database.in_transaction:
            self.database.execute("RELEASE mark")

    def close(self) -> None:
        self.database.close()


class Drawer:
    """One company's documents, by kind and id; a document keeps the place in line that it was first given."""

    def __init__(self, database: sqlite3.Connection, company: str) -> None:
        self.database = database
        self.company = company

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        row = self.database.execute(
            "SELECT body FROM documents WHERE company = ? AND kind = ? AND id = ?", (self.company, kind, key)
        ).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, kind: str, key: str, document: dict[str, Any]) -> None:
        self.database.execute(PUT, (self.company, kind, key, json.dumps(document)))

    def newest(self, kind: str) -> list[dict[str, Any]]:
        rows = self.database.execute(
            "SELECT body FROM documents WHERE company = ? AND kind = ? ORDER BY position DESC", (self.company, kind)
        )
        return [json.loads(row[0]) for row in rows]

    def delete(self, kind: str, key: str) -> None:
        self.database.execute(
            "DELETE FROM documents WHERE company = ? AND kind = ? AND id = ?", (self.company, kind, key)
        )

    def clear(self) -> None:
        self.database.execute("DELETE FROM documents WHERE company = ?", (self.company,))
