"""PayPal's events: who signed them, and what they speak of."""

from __future__ import annotations

import base64
import re
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509 import verification

from apps.common.trust import trusted
from apps.payments.exceptions import WebhookNotGenuine
from apps.payments.providers.paypal.wire import timeout

SIGNATURE_HEADERS = (
    "PAYPAL-TRANSMISSION-ID",
    "PAYPAL-TRANSMISSION-TIME",
    "PAYPAL-TRANSMISSION-SIG",
    "PAYPAL-CERT-URL",
    "PAYPAL-AUTH-ALGO",
)
_ONE_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Signatures:
    """Checks an event without asking anybody but, once, for the certificate that its headers name.

    Only from `cert_origins` (https://api.paypal.com), which are as good as the address we call. `ca_file` holds the
    authorities that may vouch for it, empty for the public ones. PayPal repeats an event for three days, so its age
    says nothing; its id does.
    """

    webhook_id: str
    cert_origins: frozenset[str]
    ca_file: str
    timeouts: tuple[float, float]

    def check(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> None:
        """The certificate must be in force at that moment."""
        transmission_id, sent_at, signature, address, algorithm = (headers.get(name, "") for name in SIGNATURE_HEADERS)
        if algorithm != "SHA256withRSA" or not (self.webhook_id and transmission_id and sent_at):
            raise WebhookNotGenuine("There is no valid signature.")
        message = signed_text(transmission_id, sent_at, self.webhook_id, body)
        try:
            self._key(address, at).verify(
                base64.b64decode(signature, validate=True), message, PKCS1v15(), hashes.SHA256()
            )
        except (InvalidSignature, ValueError) as error:
            raise WebhookNotGenuine("There is no valid signature.") from error

    def _key(self, address: str, at: datetime) -> RSAPublicKey:
        parts = urlsplit(address)
        if f"{parts.scheme}://{parts.netloc}" not in self.cert_origins:
            raise WebhookNotGenuine("The certificate is not at an address of PayPal's.")
        try:
            leaf, *others = _certificates(address, self.timeouts)
            name = leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
            verifier = verification.PolicyBuilder().time(at).store(_authorities(self.ca_file))
            verifier.build_server_verifier(x509.DNSName(str(name))).verify(leaf, others)
        except (httpx.HTTPError, verification.VerificationError, ValueError, IndexError) as error:
            raise WebhookNotGenuine("The certificate cannot be had, or nobody vouches for it.") from error
        key = leaf.public_key()
        if not str(name).endswith(".paypal.com") or not isinstance(key, RSAPublicKey):
            raise WebhookNotGenuine("The certificate is not PayPal's.")
        return key


def signed_text(transmission_id: str, sent_at: str, webhook_id: str, body: bytes) -> bytes:
    """What PayPal signs: the body is in it by its CRC 32 alone. Source: paypalrestsdk 1.13, notifications.py"""
    return f"{transmission_id}|{sent_at}|{webhook_id}|{zlib.crc32(body)}".encode()


@lru_cache(maxsize=16)
def _certificates(address: str, timeouts: tuple[float, float]) -> list[x509.Certificate]:
    """Fetched once for each address; whether they are in force is asked every time."""
    response = httpx.get(address, timeout=timeout(timeouts), verify=trusted(), follow_redirects=False)
    response.raise_for_status()
    return x509.load_pem_x509_certificates(response.content)


@lru_cache(maxsize=4)
def _authorities(ca_file: str) -> verification.Store:
    text = Path(ca_file or certifi.where()).read_bytes()
    return verification.Store([one for pem in _ONE_PEM.findall(text) for one in _readable(pem)])


def _readable(pem: bytes) -> list[x509.Certificate]:
    """Among the public authorities are old ones that break today's rules; an unreadable one vouches for nobody."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        try:
            return [x509.load_pem_x509_certificate(pem)]
        except ValueError:
            return []


@dataclass(frozen=True, slots=True)
class About:
    """PayPal's names of the order and the capture that an event speaks of, and our own; empty where it says none."""

    order: str = ""
    capture: str = ""
    custom: str = ""

    @classmethod
    def of(cls, event_type: str, resource: dict[str, Any]) -> About:
        """Every type that is not named here is stored and acknowledged; nothing depends on it."""
        if event_type.startswith("CHECKOUT."):
            units = resource.get("purchase_units") or [{}]
            return cls(order=resource.get("order_id") or resource.get("id", ""), custom=units[0].get("custom_id", ""))
        if event_type.startswith(("PAYMENT.CAPTURE.", "PAYMENT.REFUND.")):
            related = resource.get("supplementary_data", {}).get("related_ids", {})
            capture, order = _up(resource, "captures"), related.get("order_id") or _up(resource, "orders")
            if capture:  # the resource is a refund, and its custom_id the refund's
                return cls(order=order, capture=capture)
            return cls(order=order, capture=resource.get("id", ""), custom=resource.get("custom_id", ""))
        if event_type.startswith("CUSTOMER.DISPUTE."):
            disputed = (resource.get("disputed_transactions") or [{}])[0]
            return cls(capture=disputed.get("seller_transaction_id", ""), custom=disputed.get("custom", ""))
        return cls()


def _up(resource: dict[str, Any], kind: str) -> str:
    """The id in the link to what the resource belongs to, if that is of this kind."""
    links = (link["href"] for link in resource.get("links", []) if link["rel"] == "up")
    return next((href.rsplit("/", 1)[1] for href in links if f"/{kind}/" in href), "")
