"""The bank's server leaves out a certificate of its chain. FX_BCV_CA_FILE adds it; nothing is left unverified."""

import shutil
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from apps.fx_rates.models import Reason
from apps.fx_rates.providers.wire import SourceFailed, Wire

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make a certificate")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    made = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "2"]
    names = ["-subj", "/CN=bank", "-addext", "subjectAltName=IP:127.0.0.1"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(["openssl", "req", "-x509", *key, *made, *names], check=True, capture_output=True)
    return folder


@pytest.fixture
def bank(certificate):
    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"Fecha Valor")

        def log_message(self, *args):
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = False

        def handle_error(self, request, client_address):  # a client that does not trust us hangs up
            return

    server = Server(("127.0.0.1", 0), Page)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_server_that_cannot_prove_who_it_is_is_not_asked(bank):
    with pytest.raises(SourceFailed) as failed:
        Wire(bank).get("/")

    assert (failed.value.reason, failed.value.detail) == (Reason.UNREACHABLE, "ConnectError")


def test_the_owner_adds_the_certificate_that_is_missing(bank, certificate):
    assert Wire(bank, ca_file=str(certificate / "cert.pem")).get("/") == "Fecha Valor"
