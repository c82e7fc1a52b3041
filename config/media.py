"""Where pictures are kept: on this machine's disk, in a bucket that speaks S3, or at Cloudinary."""

from __future__ import annotations

import mimetypes
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

KINDS = ("local", "s3", "cloudinary")
FOR_EVER = "public, max-age=31536000, immutable"  # no file is ever written over

mimetypes.add_type("image/webp", ".webp")  # systems do not all know it, and S3 hands out what it was told


def s3_storage(*, bucket: str, region: str, endpoint: str, key: str, secret: str, public_url: str) -> dict[str, Any]:
    """Django's STORAGES entry for a bucket; without a key the machine's own role is used.

    Raises:
        ImproperlyConfigured: it names the setting that is missing or unfit.
    """
    _require("S3_BUCKET", bucket, "name the bucket that MEDIA_STORAGE=s3 keeps pictures in.")
    _require("S3_ENDPOINT_URL", not endpoint or _is_address(endpoint), "it begins with https://.")
    _require("S3_PUBLIC_URL", not public_url or _is_address(public_url), "it begins with https://.")
    _require("S3_SECRET_ACCESS_KEY", bool(key) == bool(secret), "give S3_ACCESS_KEY_ID and it together, or neither.")
    try:
        from botocore.config import Config  # noqa: PLC0415  a laptop does without
    except ImportError as error:
        raise ImproperlyConfigured(
            "MEDIA_STORAGE is missing or unfit: s3 needs requirements/production.txt installed."
        ) from error
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "region_name": region or None,
            "endpoint_url": endpoint or None,
            "access_key": key or None,
            "secret_key": secret or None,
            "custom_domain": public_url.partition("://")[2].rstrip("/") or None,
            "url_protocol": public_url.partition("://")[0] + ":" if public_url else "https:",
            "querystring_auth": False,  # the bucket is read by everybody, and addresses stand in documents for ever
            "object_parameters": {"CacheControl": FOR_EVER},
            "client_config": Config(
                connect_timeout=5,
                read_timeout=20,
                retries={"max_attempts": 2},
                request_checksum_calculation="when_required",  # not all that speak S3 know the newer ones
                response_checksum_validation="when_required",
            ),
        },
    }


def cloudinary_storage(*, address: str, api_base: str) -> dict[str, Any]:
    """Django's STORAGES entry for the account that `cloudinary://key:secret@cloud` names.

    Raises:
        ImproperlyConfigured: it does not.
    """
    parts = urlsplit(address)
    is_whole = parts.scheme == "cloudinary" and parts.username and parts.password and parts.hostname
    _require("CLOUDINARY_URL", is_whole, "copy it from Cloudinary's console: cloudinary://key:secret@cloud.")
    cloud = parts.netloc.rpartition("@")[2]
    options = {"cloud": cloud, "key": unquote(parts.username or ""), "secret": unquote(parts.password or "")}
    return {
        "BACKEND": "apps.common.cloudinary.CloudinaryStorage",
        "OPTIONS": {**options, "api_base": api_base.rstrip("/")},
    }


def origins_of(entry: dict[str, Any], media_url: str) -> list[str]:
    """From where a browser fetches pictures, as a content security policy names it; none for our own host."""
    options = entry.get("OPTIONS", {})
    if "cloud" in options:
        return ["https://res.cloudinary.com"]
    if "bucket_name" not in options:
        return [_origin(media_url)] if _is_address(media_url) else []
    if options["custom_domain"]:
        return [_origin(f"{options['url_protocol']}//{options['custom_domain']}")]
    bucket, endpoint = options["bucket_name"], options["endpoint_url"]
    if not endpoint:
        regional = f"s3.{options['region_name']}.amazonaws.com" if options["region_name"] else "s3.amazonaws.com"
        return [f"https://{bucket}.{host}" for host in dict.fromkeys(["s3.amazonaws.com", regional])]
    scheme, _, host = _origin(endpoint).partition("://")
    return [f"{scheme}://{host}", f"{scheme}://{bucket}.{host}"]  # a bucket is named before the host or behind it


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def check_kind(kind: str) -> str:
    _require("MEDIA_STORAGE", kind in KINDS, f"choose one of {', '.join(KINDS)}.")
    return kind


def _is_address(text: str) -> bool:
    return urlsplit(text).scheme in {"http", "https"} and bool(urlsplit(text).hostname)


def _require(name: str, value: object, remedy: str) -> None:
    if not value:
        raise ImproperlyConfigured(f"{name} is missing or unfit: {remedy}")
