"""Files at Cloudinary, byte for byte as we made them.

They are kept as `raw`, whose public id is the whole name: renditions differ in their endings, and as `image` the two
formats of one width would be one asset. Source: https://cloudinary.com/documentation/image_upload_api_reference and
https://cloudinary.com/documentation/admin_api (both take the key and the secret as basic authentication).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from io import BytesIO
from typing import Any
from urllib.parse import quote

import httpx
from django.core.files.base import File
from django.core.files.storage import Storage
from django.utils.deconstruct import deconstructible

from apps.common.trust import trusted

DELIVERY = "https://res.cloudinary.com"
PAGE = 500  # the most that one answer lists
_NOBODY = httpx.Auth()  # the key is not for whoever delivers


@deconstructible
class CloudinaryStorage(Storage):
    """For names that are never used twice: nobody asks whether one is free."""

    def __init__(
        self,
        *,
        cloud: str,
        key: str,
        secret: str,
        api_base: str = "https://api.cloudinary.com",
        delivery: str = DELIVERY,
    ) -> None:
        self._cloud, self._key, self._secret = cloud, key, secret
        self._api_base, self._delivery = api_base, delivery

    @cached_property
    def _http(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"{self._api_base}/v1_1/{self._cloud}",
            auth=(self._key, self._secret),
            timeout=httpx.Timeout(20, connect=5),
            verify=trusted(),
        )

    def url(self, name: str | None) -> str:
        return f"{self._delivery}/{self._cloud}/raw/upload/{quote(name or '')}"

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def exists(self, name: str) -> bool:
        return self._http.head(self.url(name), auth=_NOBODY).is_success

    def _save(self, name: str, content: File[Any]) -> str:
        content.seek(0)
        sent = {"public_id": name, "overwrite": "false"}
        self._told(self._http.post("/raw/upload", data=sent, files={"file": ("file", content.read())}))
        return name

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        answer = self._http.get(self.url(name), auth=_NOBODY)
        if answer.status_code == 404:
            raise FileNotFoundError(name)
        return File(BytesIO(answer.raise_for_status().content), name=name)

    def delete(self, name: str) -> None:
        """One that is gone already is gone; caches let go of it too."""
        self._told(self._http.post("/raw/destroy", data={"public_id": name, "invalidate": "true"}))

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        folder = f"{path.rstrip('/')}/" if path else ""
        inside = [asset["public_id"].removeprefix(folder) for asset in self._assets(folder)]
        folders = dict.fromkeys(name.partition("/")[0] for name in inside if "/" in name)
        return list(folders), [name for name in inside if "/" not in name]

    def get_modified_time(self, name: str) -> datetime:
        found = self._told(self._http.get(f"/resources/raw/upload/{quote(name)}"))
        return datetime.fromisoformat(found["created_at"])

    def _assets(self, prefix: str) -> Iterator[dict[str, Any]]:
        asked = {"prefix": prefix, "max_results": str(PAGE)}
        while True:
            page = self._told(self._http.get("/resources/raw/upload", params=asked))
            yield from page["resources"]
            if not (cursor := page.get("next_cursor")):
                return
            asked["next_cursor"] = cursor

    def _told(self, answer: httpx.Response) -> dict[str, Any]:
        if answer.status_code == 404:
            raise FileNotFoundError(str(answer.url.path))
        told: dict[str, Any] = answer.raise_for_status().json()
        return told
