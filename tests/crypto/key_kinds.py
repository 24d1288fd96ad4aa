"""Kinds of files that people give as their public key, each made by the real tools.

A kind that is `taken` comes with the secret key, so that what was encrypted to it can be opened again; one that is
refused says by which words (a pattern, of the English source).
"""

import gzip
import io
import re
import shutil
import subprocess
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from PIL import Image

from sitebackend.crypto import armour, openpgp

DAY = "20200101T000000"  # of keys that are over by now
OWNER = "Operator <operator@example.de>"


@dataclass(frozen=True)
class Made:
    """One file, and the secret key to it if there is one, without a passphrase."""

    file: bytes
    secret: bytes = b""


@dataclass(frozen=True)
class Kind:
    """`refused`: a pattern of the words; empty: it is taken. `needs`: a tool beside gpg."""

    name: str
    make: "Callable[[Workshop], Made]"
    refused: str = ""
    is_weak: bool = False
    needs: str = ""


@dataclass
class Home:
    """A GnuPG home to make keys in."""

    path: Path

    def run(self, *words: str, given: bytes | None = None, at: str = "") -> bytes:
        clock = ["--faked-system-time", at] if at else []
        command = ["gpg", "--homedir", str(self.path), "--batch", "--yes", "--no-tty", *clock]
        open_end = ["--passphrase", "", "--pinentry-mode", "loopback"]
        return subprocess.run([*command, *open_end, *words], input=given, check=True, capture_output=True).stdout

    @property
    def fingerprint(self) -> str:
        return self.fingerprints()[0]

    def fingerprints(self) -> list[str]:
        """Of the primary key, then of each subkey."""
        return re.findall(r"^fpr:+(\w+):", self.run("--with-colons", "--list-keys").decode(), re.MULTILINE)

    def made(self, *, armoured: bool = True) -> Made:
        shape = ["--armor"] if armoured else []
        return Made(self.run(*shape, "--export"), self.run("--armor", "--export-secret-keys"))


class Workshop:
    """Makes keys; one simple key is the matter of many files."""

    def __init__(self, folder: Path, openpgpjs: Path | None = None) -> None:
        self.folder, self.openpgpjs = folder, openpgpjs

    @contextmanager
    def home(self) -> Iterator[Home]:
        with openpgp.temporary_home() as path:
            yield Home(path)

    @cached_property
    def plain(self) -> Made:
        return of_algorithms("ed25519", "cv25519")(self)

    @cached_property
    def binary(self) -> bytes:
        return next(armour.blocks(self.plain.file)).content

    def javascript(self, options: str, config: str = "") -> Made:
        """A key that OpenPGP.js makes."""
        assert self.openpgpjs
        program = f"""import * as openpgp from 'openpgp';
        const made = await openpgp.generateKey({{userIDs: [{{name: 'Operator', email: 'operator@example.de'}}],
            {options}, format: 'armored', config: {{{config}}}}});
        console.log(JSON.stringify(made));"""
        done = subprocess.run(
            ["node", "--input-type=module"], input=program.encode(), cwd=self.openpgpjs, check=True, capture_output=True
        )
        found = json_of(done.stdout)
        return Made(found["publicKey"].encode(), found["privateKey"].encode())

    def sequoia(self, *options: str) -> Made:
        secret = self.folder / "sequoia.key"
        generate = ["sq", "--force", "key", "generate", "--userid", OWNER, *options, "--export", str(secret)]
        subprocess.run(generate, check=True, capture_output=True)
        public = subprocess.run(["sq", "key", "extract-cert", str(secret)], check=True, capture_output=True).stdout
        return Made(public, secret.read_bytes())


def json_of(output: bytes) -> dict[str, str]:
    import json

    found: dict[str, str] = json.loads(output)
    return found


def of_algorithms(
    primary: str, subkey: str, *, owner: str = OWNER, usage: str = "sign", ends: str = "0", at: str = ""
) -> Callable[[Workshop], Made]:
    def make(shop: Workshop) -> Made:
        with shop.home() as home:
            home.run("--quick-gen-key", owner, primary, usage, ends, at=at)
            if subkey:
                home.run("--quick-add-key", home.fingerprint, subkey, "encr", ends, at=at)
            return home.made()

    return make


def changed(change: Callable[[Home], object]) -> Callable[[Workshop], Made]:
    """The simple key, with something done to it by gpg."""

    def make(shop: Workshop) -> Made:
        with shop.home() as home:
            home.run("--quick-gen-key", OWNER, "ed25519", "sign", "0", at="20240101T000000")
            home.run("--quick-add-key", home.fingerprint, "cv25519", "encr", "0", at="20240101T000000")
            change(home)
            return home.made()

    return make


def written(change: Callable[[bytes], bytes]) -> Callable[[Workshop], Made]:
    """The simple key's armour, in another spelling."""
    return lambda shop: Made(change(shop.plain.file), shop.plain.secret)


def file(content: bytes) -> Callable[[Workshop], Made]:
    return lambda _shop: Made(content)


def edited(*commands: str) -> Callable[[Home], object]:
    """What `gpg --edit-key` does when these lines are typed."""

    def edit(home: Home) -> object:
        typed = "\n".join([*commands, "save", ""]).encode()
        return home.run("--command-fd", "0", "--expert", "--edit-key", home.fingerprint, given=typed)

    return edit


def signed_by_another(home: Home) -> None:
    home.run("--quick-gen-key", "Friend <friend@example.org>", "ed25519", "sign", "0")
    friend = home.fingerprints()[2]
    home.run("--local-user", friend, "--quick-sign-key", home.fingerprints()[0])
    home.run("--delete-secret-and-public-key", friend)


def with_photo(home: Home) -> None:
    picture = home.path / "photo.jpg"
    Image.new("RGB", (24, 28), "teal").save(picture)
    edited("addphoto", str(picture))(home)


def old_subkey_over(home: Home) -> None:
    home.run("--quick-add-key", home.fingerprint, "cv25519", "encr", "1d", at="20240102T000000")


def revoke(home: Home) -> None:
    note = next((home.path / "openpgp-revocs.d").iterdir())
    home.run("--import", given=note.read_bytes().replace(b":-----", b"-----"))


def revocation_alone(shop: Workshop) -> Made:
    with shop.home() as home:
        home.run("--quick-gen-key", OWNER, "ed25519", "sign", "0")
        note = next((home.path / "openpgp-revocs.d").iterdir()).read_bytes()
    return Made(note.replace(b":-----", b"-----"))


def without(*tags: int) -> Callable[[Workshop], Made]:
    """The simple key without some packets, and the signatures behind them."""

    def make(shop: Workshop) -> Made:
        kept, leaves_out = [], False
        for packet in armour.packets(shop.binary):
            leaves_out = packet.tag in tags or (packet.tag == armour.SIGNATURE and leaves_out)
            if not leaves_out:
                kept.append(packet_bytes(packet.tag, packet.body))
        return Made(b"".join(kept))

    return make


def packet_bytes(tag: int, body: bytes) -> bytes:
    return bytes([0xC0 | tag, 255]) + len(body).to_bytes(4) + body


def version_3(_shop: Workshop) -> Made:
    return Made(packet_bytes(armour.PRIMARY, b"\3" + bytes(6) + b"\1" + b"\0\x08\xff" * 2))


def signature(shop: Workshop) -> Made:
    with shop.home() as home:
        home.run("--quick-gen-key", OWNER, "ed25519", "sign", "0")
        return Made(home.run("--armor", "--detach-sign", given=b"x"))


def message(shop: Workshop) -> Made:
    with shop.home() as home:
        home.run("--import", given=shop.plain.file)
        return Made(home.run("--armor", "--trust-model", "always", "-r", home.fingerprint, "-e", given=b"x"))


def two(shop: Workshop) -> Made:
    return Made(shop.plain.file + of_algorithms("ed25519", "cv25519", owner="B <b@example.de>")(shop).file)


def keybox(shop: Workshop) -> Made:
    with shop.home() as home:
        home.run("--import", given=shop.plain.file)
        return Made((home.path / "pubring.kbx").read_bytes())


def subkey_over(home: Home) -> None:
    subkey = home.fingerprints()[1]
    home.run("--quick-set-expire", home.fingerprint, "20240601T000000", subkey, at="20240102T000000")


def flipped(armoured: bytes) -> bytes:
    """One sign of the body is another one; the check sum says so."""
    at = armoured.index(b"\n\n") + 100
    return armoured[:at] + (b"A" if armoured[at : at + 1] != b"A" else b"B") + armoured[at + 1 :]


def without_checksum(armoured: bytes) -> bytes:
    return re.sub(rb"^=[A-Za-z0-9+/]{4}\n", b"", armoured, flags=re.MULTILINE)


def wrong_checksum(armoured: bytes) -> bytes:
    return re.sub(rb"^=[A-Za-z0-9+/]{4}$", b"=AAAA", armoured, flags=re.MULTILINE)


def flipped_without_checksum(armoured: bytes) -> bytes:
    return without_checksum(flipped(armoured))


def page_around(armoured: bytes) -> bytes:
    return b"<!DOCTYPE html><html><body><h1>Key</h1><pre>" + armoured + b"</pre></body></html>"


def x509_certificate() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "operator")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=9))
    return builder.sign(key, hashes.SHA256()), key


def pem(kind: str) -> Callable[[Workshop], Made]:
    def make(_shop: Workshop) -> Made:
        certificate, key = x509_certificate()
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        contents = {
            "pem": lambda: certificate.public_bytes(serialization.Encoding.PEM),
            "der": lambda: certificate.public_bytes(serialization.Encoding.DER),
            "public": lambda: public,
            "p12": lambda: pkcs12.serialize_key_and_certificates(
                b"x", key, certificate, None, serialization.BestAvailableEncryption(b"x")
            ),
        }
        return Made(contents[kind]())

    return make


def ssh(kind: str) -> Callable[[Workshop], Made]:
    def make(_shop: Workshop) -> Made:
        key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey = ed25519.Ed25519PrivateKey.generate()
        if kind == "rsa":
            key = rsa.generate_private_key(65537, 2048)
        line = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        if kind == "ssh2":
            body = b"\n".join([b"---- BEGIN SSH2 PUBLIC KEY ----", line.split()[1], b"---- END SSH2 PUBLIC KEY ----"])
            return Made(body)
        if kind == "private":
            return Made(
                key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
                )
            )
        return Made(line + b" operator@host\n")

    return make


def zipped() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    return target.getvalue()


def picture() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (8, 8)).save(target, "PNG")
    return target.getvalue()


TAKEN: Sequence[Kind] = [
    Kind("Ed25519 + Curve25519", lambda shop: shop.plain),
    Kind("RSA 2048", of_algorithms("rsa2048", "rsa2048")),
    Kind("RSA 3072", of_algorithms("rsa3072", "rsa3072")),
    Kind("RSA 4096", of_algorithms("rsa4096", "rsa4096")),
    Kind("RSA 2048 that encrypts itself, no subkey", of_algorithms("rsa2048", "", usage="sign,encr")),
    Kind("RSA 1024", of_algorithms("rsa1024", "rsa1024"), is_weak=True),
    Kind("DSA 1024 + ElGamal 1024", of_algorithms("dsa1024", "elg1024"), is_weak=True),
    Kind("DSA 2048 + ElGamal 2048", of_algorithms("dsa2048", "elg2048"), is_weak=True),
    Kind("NIST P-256", of_algorithms("nistp256", "nistp256")),
    Kind("NIST P-384", of_algorithms("nistp384", "nistp384")),
    Kind("NIST P-521", of_algorithms("nistp521", "nistp521")),
    Kind("Brainpool P256r1", of_algorithms("brainpoolP256r1", "brainpoolP256r1")),
    Kind("Brainpool P384r1", of_algorithms("brainpoolP384r1", "brainpoolP384r1")),
    Kind("Brainpool P512r1", of_algorithms("brainpoolP512r1", "brainpoolP512r1")),
    Kind("secp256k1", of_algorithms("secp256k1", "secp256k1")),
    Kind("RSA 3072 + Curve25519", of_algorithms("rsa3072", "cv25519")),
    Kind("Ed25519 + RSA 3072", of_algorithms("ed25519", "rsa3072")),
    Kind("ends in a year", of_algorithms("ed25519", "cv25519", ends="1y")),
    Kind("ends tomorrow", of_algorithms("ed25519", "cv25519", ends="1d")),
    Kind("owner with umlauts and emoji", of_algorithms("ed25519", "cv25519", owner="Jürgen 🙂 <j@example.de>")),
    Kind("owner is an address alone", of_algorithms("ed25519", "cv25519", owner="operator@example.de")),
    Kind("owner without an address", of_algorithms("ed25519", "cv25519", owner="Operator der Werkstatt")),
    Kind("two owners", changed(lambda home: home.run("--quick-add-uid", home.fingerprint, "B <b@example.de>"))),
    Kind(
        "one of two owners revoked",
        changed(
            lambda home: [
                home.run("--quick-add-uid", home.fingerprint, "B <b@example.de>"),
                home.run("--quick-revoke-uid", home.fingerprint, "B <b@example.de>"),
            ]
        ),
    ),
    Kind("with a photograph", changed(with_photo)),
    Kind("signed by somebody else", changed(signed_by_another)),
    Kind(
        "subkeys to sign and log in as well",
        changed(
            lambda home: [
                home.run("--quick-add-key", home.fingerprint, "ed25519", usage, "0") for usage in ("sign", "auth")
            ]
        ),
    ),
    Kind(
        "two encryption subkeys", changed(lambda home: home.run("--quick-add-key", home.fingerprint, "rsa2048", "encr"))
    ),
    Kind("an old encryption subkey is over, one holds", changed(old_subkey_over)),
    Kind(
        "an old encryption subkey is revoked, one holds",
        changed(
            lambda home: [
                home.run("--quick-add-key", home.fingerprint, "cv25519", "encr", "0"),
                edited("key 1", "revkey", "y", "0", "", "y")(home),
            ]
        ),
    ),
    Kind("binary", lambda shop: Made(shop.binary, shop.plain.secret)),
    Kind("lines end as on Windows", written(lambda text: text.replace(b"\n", b"\r\n"))),
    Kind("lines end as on old Macs", written(lambda text: text.replace(b"\n", b"\r"))),
    Kind("UTF-8 with BOM (Notepad)", written(lambda text: b"\xef\xbb\xbf" + text)),
    Kind("UTF-16 LE with BOM (PowerShell)", written(lambda text: b"\xff\xfe" + text.decode().encode("utf-16-le"))),
    Kind("UTF-16 BE with BOM", written(lambda text: b"\xfe\xff" + text.decode().encode("utf-16-be"))),
    Kind("UTF-16 LE without BOM", written(lambda text: text.decode().encode("utf-16-le"))),
    Kind("UTF-16 BE without BOM", written(lambda text: text.decode().encode("utf-16-be"))),
    Kind("UTF-32 with BOM", written(lambda text: text.decode().encode("utf-32"))),
    Kind("text above and below", written(lambda text: b"Mein Schl\xc3\xbcssel:\n\n" + text + b"\nGru\xc3\x9f\n")),
    Kind(
        "Version and Comment lines", written(lambda text: text.replace(b"\n\n", b"\nVersion: 1\nComment: a b\n\n", 1))
    ),
    Kind("quoted in a mail", written(lambda text: b"".join(b"> " + line + b"\n" for line in text.splitlines()))),
    Kind("indented", written(lambda text: b"".join(b"    " + line + b"\n" for line in text.splitlines()))),
    Kind("no empty line below the first", written(lambda text: text.replace(b"\n\n", b"\n", 1))),
    Kind("empty lines between", written(lambda text: text.replace(b"\n", b"\n\n"))),
    Kind("without check sum (RFC 9580)", written(without_checksum)),
    Kind("inside a web page", written(page_around)),
    Kind("the same key twice", written(lambda text: text + b"\n" + text)),
    Kind("OpenPGP.js, Curve25519", lambda shop: shop.javascript("type: 'ecc'"), needs="openpgp.js"),
    Kind("OpenPGP.js, RSA 2048", lambda shop: shop.javascript("type: 'rsa', rsaBits: 2048"), needs="openpgp.js"),
    Kind("OpenPGP.js, P-256", lambda shop: shop.javascript("type: 'ecc', curve: 'nistP256'"), needs="openpgp.js"),
    Kind(
        "OpenPGP.js, prefers AEAD", lambda shop: shop.javascript("type: 'ecc'", "aeadProtect: true"), needs="openpgp.js"
    ),
    Kind("Sequoia, Curve25519", lambda shop: shop.sequoia(), needs="sq"),
    Kind("Sequoia, RSA 3072", lambda shop: shop.sequoia("--cipher-suite", "rsa3k"), needs="sq"),
]

REFUSED: Sequence[Kind] = [
    Kind(
        "over, all of it",
        of_algorithms("ed25519", "cv25519", ends="1d", at=DAY),
        r"primary key ended.*quick-set-expire",
    ),
    Kind("encryption subkey over", changed(subkey_over), r"subkey \w{40} .*quick-set-expire \w{40} 2y \w{40}"),
    Kind("revoked", changed(revoke), r"was revoked.*quick-generate-key"),
    Kind(
        "encryption subkey revoked",
        changed(edited("key 1", "revkey", "y", "0", "", "y")),
        r"can encrypt was revoked.*quick-add-key",
    ),
    Kind("signs only", of_algorithms("ed25519", ""), r"no part that can encrypt.*quick-add-key"),
    Kind("without owner (keys.openpgp.org)", without(armour.USER_ID), r"no user id.*--export"),
    Kind("primary key missing", without(armour.PRIMARY), r"only a part of a key"),
    Kind("dated ahead", of_algorithms("ed25519", "cv25519", at="20900101T000000"), r"dated ahead, .*2090"),
    Kind(
        "encryption subkey dated ahead",
        lambda shop: changed_alone(
            shop, lambda home: home.run("--quick-add-key", home.fingerprint, "cv25519", "encr", at="20900101T000000")
        ),
        r"dated ahead, .*2090",
    ),
    Kind("version 3", version_3, r"version 3.*quick-generate-key"),
    Kind(
        "version 6 (RFC 9580)",
        lambda shop: shop.javascript("type: 'curve25519'", "v6Keys: true"),
        r"version 6.*quick-generate-key",
        needs="openpgp.js",
    ),
    Kind(
        "version 4, X25519 (RFC 9580)",
        lambda shop: shop.javascript("type: 'curve25519'"),
        r"Ed25519 \(RFC 9580\).*quick-generate-key",
        needs="openpgp.js",
    ),
    Kind(
        "version 4, X448 (RFC 9580)",
        lambda shop: shop.javascript("type: 'curve448'"),
        r"Ed448 \(RFC 9580\).*quick-generate-key",
        needs="openpgp.js",
    ),
    Kind("wrong check sum", written(wrong_checksum), r"damaged.*Export"),
    Kind("one sign altered", written(flipped), r"damaged.*Export"),
    Kind("one sign altered, no check sum", written(flipped_without_checksum), r"damaged.*Export"),
    Kind("cut off", written(lambda text: text[: len(text) // 2]), r"damaged.*Export"),
    Kind("last line missing", written(lambda text: text[: text.index(b"-----END")]), r"damaged.*Export"),
    Kind("first line missing", written(lambda text: text.split(b"\n", 1)[1]), r"first or the last line.*--export"),
    Kind("binary, cut off", lambda shop: Made(shop.binary[:-20]), r"damaged.*Export"),
    Kind("two keys", two, r"2 certificates"),
    Kind("revocation certificate alone", revocation_alone, r"revocation certificate alone.*Export"),
    Kind("signature", signature, r"signature, no key"),
    Kind("encrypted message", message, r"encrypted message, no key"),
    Kind("secret key", lambda shop: Made(shop.plain.secret), r"secret key"),
    Kind("secret key, UTF-16", lambda shop: Made(shop.plain.secret.decode().encode("utf-16")), r"secret key"),
    Kind("public, then secret key", lambda shop: Made(shop.plain.file + shop.plain.secret), r"secret key"),
    Kind("secret key of ssh", ssh("private"), r"secret key"),
    Kind("secret key of PuTTY", file(b"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n"), r"secret key"),
    Kind("secret key of age", file(b"# created: x\nAGE-SECRET-KEY-1QQQQQQ\n"), r"secret key"),
    Kind("ssh, Ed25519", ssh("ed25519"), r"key for ssh.*--export"),
    Kind("ssh, RSA", ssh("rsa"), r"key for ssh.*--export"),
    Kind("ssh, RFC 4716", ssh("ssh2"), r"key for ssh.*--export"),
    Kind("X.509, PEM", pem("pem"), r"X\.509.*--export"),
    Kind("X.509, DER", pem("der"), r"X\.509.*--export"),
    Kind("PKCS #12", pem("p12"), r"secret key"),
    Kind("public key, PEM", pem("public"), r"public key of TLS.*--export"),
    Kind("web page", file(b"\n<!doctype html><html><title>404</title></html>"), r"web page.*--export"),
    Kind("PDF", file(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), r"PDF.*--export"),
    Kind("document of an office program", file(zipped()), r"office program.*--export"),
    Kind("RTF", file(rb"{\rtf1\ansi -----BEGIN PGP PUBLIC KEY-----}"), r"RTF.*--export"),
    Kind("picture", file(picture()), r"picture.*--export"),
    Kind("packed", lambda shop: Made(gzip.compress(shop.binary)), r"gzip.*--export"),
    Kind("GnuPG's key ring", keybox, r"pubring\.kbx.*--export"),
    Kind("fingerprint", file(b"713E BBFB FA37 EE8D 5866  467F 6AFD 0630 6183 5475\n"), r"fingerprint.*--export"),
    Kind("age", file(b"age1" + b"q" * 58 + b"\n"), r"program age.*--export"),
    Kind("minisign", file(b"untrusted comment: minisign public key\nRWQ\n"), r"minisign.*--export"),
    Kind("text", file("Übrigens liegt der Schlüssel im Büro.\n".encode()), r"no OpenPGP key in this file.*--export"),
    Kind("JSON", file(b'{"keys": []}'), r"no OpenPGP key in this file.*--export"),
    Kind("base64 of something", file(b64encode(bytes(range(256)))), r"no OpenPGP key in this file.*--export"),
    Kind("empty", file(b""), r"empty.*--export"),
    Kind("blank lines", file(b"\r\n \r\n"), r"empty.*--export"),
    Kind("UTF-16 of nothing", file(b"\xff\xfe"), r"empty.*--export"),
    Kind("30 MB", lambda shop: Made(shop.plain.file + b"x" * 30_000_000), r"MB.*--export"),
]


def changed_alone(shop: Workshop, change: Callable[[Home], object]) -> Made:
    """A key that signs only, with something done to it."""
    with shop.home() as home:
        home.run("--quick-gen-key", OWNER, "ed25519", "sign", "0")
        change(home)
        return home.made()


def openpgpjs_in(folder: Path) -> Path | None:
    """OpenPGP.js, installed by npm into this folder; None where there is no npm, or it reaches no registry."""
    if not shutil.which("npm") or not shutil.which("node"):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    done = subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "openpgp@6", "eckey-utils"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    return folder if done.returncode == 0 else None
