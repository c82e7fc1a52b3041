"""Google's side, with keys of our own: a server with its public keys, and tokens that its private key has signed."""

import json
import time
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "shop.apps.googleusercontent.com"


@cache
def key_of(whom):
    """Made when it is first asked for, since that takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Google:
    """Its answer to whoever asks for keys, and how often that was."""

    def __init__(self):
        self.status, self.asked = 200, 0

    def token(self, *, signed_by="google", kid="1", **claims):
        now = int(time.time())
        usual = {
            "iss": "https://accounts.google.com",
            "aud": CLIENT_ID,
            "sub": "117",
            "email": "ada@gmail.com",
            "email_verified": True,
            "given_name": "Ada",
            "family_name": "Márquez",
            "iat": now,
            "exp": now + 3600,
            "jti": uuid4().hex,
        }
        said = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode(said, key_of(signed_by), algorithm="RS256", headers={"kid": kid})


@contextmanager
def serving():
    google = Google()
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key_of("google").public_key()))
    body = json.dumps({"keys": [{**public, "kid": "1", "use": "sig", "alg": "RS256"}]}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            google.asked += 1
            self.send_response(google.status)
            self.send_header("Cache-Control", "public, max-age=3600")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    google.url = f"http://127.0.0.1:{server.server_port}/certs"
    try:
        yield google
    finally:
        server.shutdown()
        server.server_close()
