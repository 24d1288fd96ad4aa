"""A web server with TLS in front of a running site, as Apache would stand there, under a test CA of our own.

Requests for any other host end here too: they are written down and answered with a page that sets a cookie,
so that a test sees what would have gone out.
"""

import base64
import hashlib
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "www.example.de"
ELSEWHERE = "maps.example.org"
_NOT_FORWARDED = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass
class SecureFront:
    """Where it listens, the key that a browser has to trust, and what was asked of other hosts."""

    port: int
    key_digest: str
    elsewhere: list[tuple[str, str]] = field(default_factory=list)

    @property
    def browser_arguments(self) -> list[str]:
        hosts = ", ".join(f"MAP {host}:443 127.0.0.1:{self.port}" for host in (HOST, ELSEWHERE))
        return [
            f"--host-resolver-rules={hosts}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            f"--ignore-certificate-errors-spki-list={self.key_digest}",
        ]


@contextmanager
def secure_front(backend: str) -> Iterator[SecureFront]:
    """Serve https://www.example.de from the plain http server at `backend` (host:port) until the block ends."""
    with tempfile.TemporaryDirectory(prefix="tls-") as folder:
        chain, key_digest = _certificates(Path(folder))
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        front = SecureFront(server.server_address[1], key_digest)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        # the handshake belongs into the connection's own thread, not into the one that accepts
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.daemon_threads = True
        _Handler.backend, _Handler.front = backend, front
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield front
        finally:
            server.shutdown()
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    backend: str
    front: SecureFront

    def do_GET(self) -> None:
        host = self.headers.get("Host", "")
        if host != HOST:
            self.front.elsewhere.append((host, self.path))
            self._send(200, [("Content-Type", "text/html"), ("Set-Cookie", "tracker=1; Secure; SameSite=None")], b"map")
        else:
            self._forward()

    do_POST = do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test's output stays readable."""

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_FORWARDED}
        headers |= {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7", "Content-Length": str(len(body))}
        connection = HTTPConnection(self.backend, timeout=60)
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _NOT_FORWARDED]
        self._send(answer.status, kept, answer.read())
        connection.close()

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _certificates(folder: Path) -> tuple[Path, str]:
    """A test CA and a certificate by it, in one file; and the digest of the CA's public key, as Chromium wants it."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("Test CA", authority_key, "Test CA", authority_key, is_authority=True)
    certificate = _certificate(HOST, key, "Test CA", authority_key, is_authority=False)
    encoding = serialization.Encoding.PEM
    secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain = folder / "chain.pem"
    chain.write_bytes(secret + certificate.public_bytes(encoding) + authority.public_bytes(encoding))
    public = authority_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return chain, base64.b64encode(hashlib.sha256(public).digest()).decode()


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, signer: ec.EllipticCurvePrivateKey, *, is_authority: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in (HOST, ELSEWHERE)])
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(names, critical=False)
        .sign(signer, hashes.SHA256())
    )
