"""A bucket that speaks S3, and Cloudinary, as far as storing files goes: one HTTP server with what it was given."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

KEY, SECRET, BUCKET, CLOUD = "key", "secret", "pictures", "demo"
OLD = "2020-01-01T00:00:00Z"
_BASIC = "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()


@dataclass
class Company:
    """Its address, and what it keeps: name and (bytes, media type, cache control). Away, it obeys and answers 500."""

    url: str = ""
    files: dict[str, tuple[bytes, str, str]] = field(default_factory=dict)
    is_away: bool = False


@contextmanager
def keeping_files() -> Iterator[Company]:
    company = Company()

    class Handler(_Handler):
        keeper = company

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        company.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield company
        server.shutdown()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    keeper: Company

    def handle_one_request(self) -> None:
        self.close_connection = True
        super().handle_one_request()

    def do_GET(self) -> None:
        path, asked = self._asked()
        if path == f"/{BUCKET}":
            self._list_bucket(asked)
        elif path.startswith(f"/v1_1/{CLOUD}/resources/raw/upload"):
            self._tell_resources(path.removeprefix(f"/v1_1/{CLOUD}/resources/raw/upload").lstrip("/"), asked)
        else:
            self._deliver(path.removeprefix(f"/{BUCKET}/").removeprefix(f"/{CLOUD}/raw/upload/"))

    do_HEAD = do_GET

    def do_PUT(self) -> None:
        path, _ = self._asked()
        body = self._body()
        if not self.headers.get("Authorization", "").startswith(f"AWS4-HMAC-SHA256 Credential={KEY}/"):
            return self._answer(403)
        kind, cache = (self.headers.get(name, "") for name in ("Content-Type", "Cache-Control"))
        self.keeper.files[path.removeprefix(f"/{BUCKET}/")] = (body, kind, cache)
        return self._answer(200, headers={"ETag": '"e"'})

    def do_DELETE(self) -> None:
        path, _ = self._asked()
        self.keeper.files.pop(path.removeprefix(f"/{BUCKET}/"), None)
        self._answer(204)

    def do_POST(self) -> None:
        path, _ = self._asked()
        body = self._body()
        if self.headers.get("Authorization") != _BASIC:
            return self._answer(401)
        if path == f"/v1_1/{CLOUD}/raw/upload":
            head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            form = BytesParser(policy=HTTP).parsebytes(head + body)
            parts = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
            name = parts["public_id"].get_payload(decode=True).decode()
            kind = "image/jpeg" if name.endswith(".jpg") else "image/webp"
            self.keeper.files[name] = (parts["file"].get_payload(decode=True), kind, "")
            return self._answer(200, json.dumps({"public_id": name}))
        (name,) = parse_qs(body.decode())["public_id"]
        was_there = self.keeper.files.pop(name, None) is not None
        return self._answer(200, json.dumps({"result": "ok" if was_there else "not found"}))

    def _list_bucket(self, asked: dict[str, str]) -> None:
        prefix = asked.get("prefix", "")
        inside = [name for name in self.keeper.files if name.startswith(prefix)]
        folders = {
            prefix + name.removeprefix(prefix).partition("/")[0] + "/" for name in inside if "/" in name[len(prefix) :]
        }
        files = [name for name in inside if "/" not in name[len(prefix) :]]
        rows = [f"<Contents><Key>{escape(name)}</Key><LastModified>{OLD}</LastModified></Contents>" for name in files]
        rows += [f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in folders]
        self._answer(200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{''.join(rows)}</ListBucketResult>")

    def _tell_resources(self, name: str, asked: dict[str, str]) -> None:
        """Two on a page, so that whoever walks has to turn it."""
        if self.headers.get("Authorization") != _BASIC:
            return self._answer(401)
        if name:
            return self._answer(200 if name in self.keeper.files else 404, json.dumps({"created_at": OLD}))
        inside = sorted(name for name in self.keeper.files if name.startswith(asked["prefix"]))
        start = int(asked.get("next_cursor", 0))
        told: dict[str, object] = {"resources": [{"public_id": name} for name in inside[start : start + 2]]}
        if start + 2 < len(inside):
            told["next_cursor"] = str(start + 2)
        return self._answer(200, json.dumps(told))

    def _deliver(self, name: str) -> None:
        if name not in self.keeper.files:
            return self._answer(404)
        content, kind, cache = self.keeper.files[name]
        return self._answer(200, content, {"Content-Type": kind, "Cache-Control": cache, "Last-Modified": _HTTP_OLD})

    def _asked(self) -> tuple[str, dict[str, str]]:
        address = urlsplit(self.path)
        return unquote(address.path).rstrip("/"), {name: values[0] for name, values in parse_qs(address.query).items()}

    def _body(self) -> bytes:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "aws-chunked" in self.headers.get("Content-Encoding", ""):
            size = int(re.match(rb"[0-9a-f]+", body)[0], 16)
            body = body.partition(b"\r\n")[2][:size]
        return body

    def _answer(self, status: int, body: str | bytes = b"", headers: dict[str, str] | None = None) -> None:
        content = body.encode() if isinstance(body, str) else body
        self.send_response(500 if self.keeper.is_away else status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


_HTTP_OLD = "Wed, 01 Jan 2020 00:00:00 GMT"
