"""The certificate that signs events, and the authority that vouches for it: made at first need, kept with the data."""

import base64
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PAYPAL_NAME = "messageverificationcerts.paypal.com"
FLAWS = {"expired", "not_paypal", "stranger"}
YEAR = timedelta(days=365)


class Certificates:
    """`folder` keeps key and certificates over restarts; None keeps them for this process only."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.issued: dict[str, bytes] = {}
        self.current = ""
        self._key: rsa.RSAPrivateKey | None = None
        self._authority: tuple[ec.EllipticCurvePrivateKey, x509.Certificate] | None = None

    @property
    def authority(self) -> bytes:
        """What a shop must trust to believe us."""
        return pem(self._issuer()[1])

    def name(self) -> str:
        """Under which the certificate in use is served."""
        if not self.current:
            self.issue()
        return self.current

    def issue(self, flaw: str | None = None) -> str:
        """Sign with another certificate from now on: a good one, or one that nobody should believe."""
        issuer = new_authority() if flaw == "stranger" else self._issuer()
        name = "messageverificationcerts.paypal.com.example" if flaw == "not_paypal" else PAYPAL_NAME
        ends = datetime.now(UTC) + (timedelta(days=-1) if flaw == "expired" else 2 * YEAR)
        certificate = self._vouch(name, ends, *issuer)
        self.current = f"CERT-{certificate.serial_number:x}"
        self.issued[self.current] = pem(certificate)
        return self.current

    def sign(self, message: bytes) -> str:
        return base64.b64encode(self._signer().sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()

    def _signer(self) -> rsa.RSAPrivateKey:
        if self._key is None:
            self._key = rsa.generate_private_key(65537, 2048)
        return self._key

    def _issuer(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        if self._authority is None:
            self._authority = self._kept() or new_authority()
            self._keep(*self._authority)
        return self._authority

    def _kept(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate] | None:
        if self.folder is None or not (self.folder / "paypal-ca.key").exists():
            return None
        key: Any = serialization.load_pem_private_key((self.folder / "paypal-ca.key").read_bytes(), None)
        return key, x509.load_pem_x509_certificate((self.folder / "paypal-ca.pem").read_bytes())

    def _keep(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        if self.folder is not None:
            (self.folder / "paypal-ca.pem").write_bytes(pem(certificate))
            plain = serialization.NoEncryption()
            form = serialization.PrivateFormat.PKCS8
            (self.folder / "paypal-ca.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))

    def _vouch(
        self, name: str, ends: datetime, authority_key: ec.EllipticCurvePrivateKey, authority: x509.Certificate
    ) -> x509.Certificate:
        public_key = self._signer().public_key()
        builder = _certificate(name, authority.subject, ends).public_key(public_key)
        return (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .sign(authority_key, hashes.SHA256())
        )


def new_authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = "Sandbox authority"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signs = dict.fromkeys(
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement".split(), False
    )
    usage = x509.KeyUsage(**signs, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False)
    certificate = (
        _certificate(name, subject, datetime.now(UTC) + 10 * YEAR)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def _certificate(name: str, issuer: x509.Name, ends: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=30))
        .not_valid_after(ends)
    )


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def signed_text(transmission_id: str, sent_at: str, webhook_id: str, body: bytes) -> bytes:
    """What the signature covers: the body only by its CRC 32."""
    return f"{transmission_id}|{sent_at}|{webhook_id}|{zlib.crc32(body)}".encode()
