"""OpenPGP: the only module that runs gpg.

What must never happen: something counts as encrypted that is not, or is encrypted to another key than the
operator's. So the key ring is one read-only file with exactly one certificate, recipients are 40-digit
fingerprints, every process has a time limit, and success is only: gpg's status line that says so, exit code 0,
and output that begins with the armour line. A certificate is inspected without `--trust-model always`, under
which gpg hides expired and revoked keys, down to its encryption subkey. Nor may a secret key count as a public
one: what is given away is only what gpg itself exported of an inspected certificate, never a file's bytes.
"""

import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

import gnupg
from django.utils.translation import gettext as _

from sitebackend import whole_file
from sitebackend.crypto import recognition
from sitebackend.crypto.certificate import Certificate, as_listed
from sitebackend.crypto.errors import OpenPGPError as OpenPGPError
from sitebackend.crypto.errors import SecretKeyError as SecretKeyError

ARMOUR = b"-----BEGIN PGP MESSAGE-----"
_SECRET_ARMOUR = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY")  # of OpenPGP, OpenSSH, X.509
_SECRET_PACKET = re.compile(rb"^:secret (sub )?key packet:", re.MULTILINE)  # a smart card's stub is one too
_ENCRYPTED = b"[GNUPG:] END_ENCRYPTION"
SECONDS = 20  # a gpg process that takes longer is killed
QUICK_SECONDS = 5  # the same where somebody waits at a form
CHUNK = 1 << 20  # bytes that a stream moves at a time
HIGHEST_COUNT, LOWEST_COUNT = 65_011_712, 1024  # bytes hashed to make a key out of a passphrase (RFC 4880, 3.7.1.3)
_MEMORY = Path("/dev/shm")  # noqa: S108 – a file system in memory, on Linux
#: HOME and GNUPGHOME count only where no home is named: decrypting with the user's own key.
_ENVIRONMENT = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"} | {
    name: os.environ[name] for name in ("HOME", "GNUPGHOME") if name in os.environ
}
_COMMAND = ["gpg", "--batch", "--no-tty"]
_OPTIONS = ["--no-options", "--no-autostart", "--no-auto-key-locate", "--no-auto-check-trustdb"]
#: A primary key, its user ids and what encrypts, each with the key's own signature.
_EXPORT_OPTIONS = [
    "--export-options",
    "no-export-attributes",
    "--export-filter",
    "drop-subkey=usage !~ e || expired -t || revoked -t",
    "--export-filter",
    "keep-uid=revoked -f",
]
_ENCRYPT_OPTIONS = [
    *_OPTIONS,
    "--no-random-seed-file",
    "--lock-never",
    "--trust-model",
    "always",
    "--compress-algo",
    "none",
]


Opener = Callable[[bytes], bytes]  # raises OpenPGPError


class _GPG(gnupg.GPG):
    """python-gnupg with a time limit: it has none of its own, and a hanging gpg would hold the request for ever."""

    def _open_subprocess(self, args: list[str], passphrase: bool = False) -> Any:
        process: Any = super()._open_subprocess(args, passphrase)  # type: ignore[no-untyped-call]
        process.limit = threading.Timer(SECONDS, process.kill)
        process.limit.daemon = True
        process.limit.start()
        return process

    def _collect_output(self, process: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return super()._collect_output(process, *args, **kwargs)  # type: ignore[no-untyped-call]
        finally:
            process.limit.cancel()


def is_available() -> bool:
    """Whether a gpg program is on the path."""
    return shutil.which("gpg", path=_ENVIRONMENT["PATH"]) is not None


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A private GnuPG home that is gone afterwards, its agent stopped. Its path is short: sockets need that."""
    # the highest count: without a word an agent measures for seconds what this machine can bear
    with _home(Path("/tmp"), hash_count=HIGHEST_COUNT) as home:  # noqa: S108 – mode 0700
        yield home


@contextmanager
def _home_to_open() -> Iterator[Path]:
    """As `temporary_home`, in memory where that is possible: no copy of a secret key reaches a disk.

    There gpg's own copy of the key needs no costly protection of its passphrase, so that only the first message
    takes the time that the passphrase is worth.
    """
    if os.access(_MEMORY, os.W_OK | os.X_OK):
        with _home(_MEMORY, hash_count=LOWEST_COUNT) as home:
            yield home
    else:
        with temporary_home() as home:
            yield home


@contextmanager
def _home(folder: Path, *, hash_count: int) -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="gpg-", dir=folder))
    (home / "gpg-agent.conf").write_text(f"s2k-count {hash_count}\n")
    try:
        yield home
    finally:
        subprocess.run(
            ["gpgconf", "--homedir", str(home), "--kill", "all"],
            env=_ENVIRONMENT,
            check=False,
            capture_output=True,
            timeout=SECONDS,
        )
        shutil.rmtree(home, ignore_errors=True)


def inspect(data: bytes) -> Certificate:
    """Read the one certificate in `data` (armoured or binary), expired and revoked ones too.

    Raises SecretKeyError if there is a secret key in it; OpenPGPError if there is not exactly one certificate, or one
    that gpg cannot use: its message says what there is, and what to do.
    """
    with temporary_home() as home:
        recognition.refuse_large(data)
        if _holds_secret_key(data, home):
            raise SecretKeyError(_("The file holds a secret key; only the public certificate belongs there."))
        content = recognition.certificate_in(data)
        certificate = _taken_by_gpg(content, home)
        if not certificate.encrypting and (why := recognition.obstacle(content, datetime.now(UTC))):
            raise OpenPGPError(why)
        if not certificate.problem(datetime.now(UTC)):
            _try(certificate, content, home)
    return certificate


def _holds_secret_key(data: bytes, home: Path) -> bool:
    """Packet by packet: an import passes over a secret subkey that stands beside its public primary key."""
    if _SECRET_ARMOUR.search(data.replace(b"\0", b"")):  # UTF-16 has a zero byte beside each sign
        return True
    listed = _run([*_COMMAND, "--homedir", str(home), *_OPTIONS, "--list-packets"], data)
    return bool(_SECRET_PACKET.search(listed.stdout)) or recognition.is_secret(data)


def _taken_by_gpg(content: bytes, home: Path) -> Certificate:
    """What gpg itself made of it: it drops what bears no signature of the key. Raises OpenPGPError."""
    gpg = _gpg(home, options=[*_OPTIONS, "--trust-model", "pgp", *_EXPORT_OPTIONS])
    if gpg.import_keys(content).sec_read:
        raise SecretKeyError(_("The file holds a secret key; only the public certificate belongs there."))
    keys = gpg.list_keys()
    if len(keys) != 1:
        raise OpenPGPError(recognition.obstacle(content, datetime.now(UTC)) or recognition.not_whole())
    binary = gpg.export_keys(keys[0]["fingerprint"], armor=False, minimal=True)
    armoured = gpg.export_keys(keys[0]["fingerprint"], minimal=True).encode()
    return as_listed(keys[0], user_ids=recognition.user_ids(binary), binary=binary, armoured=armoured)


def _try(certificate: Certificate, content: bytes, home: Path) -> None:
    """Encrypt once, as every message will be: gpg lists keys that it cannot encrypt to. Raises OpenPGPError."""
    keyring = write_keyring([certificate], home / "trial")
    try:
        encrypt(b"", keyring=keyring, fingerprints=[certificate.fingerprint])
    except OpenPGPError as error:
        parts = ", ".join(part.algorithm for part in certificate.encrypting)
        words = _("gpg cannot encrypt to this key ({algorithm}).").format(algorithm=parts)
        why = recognition.obstacle(content, datetime.now(UTC)) or f"{words} {recognition.MAKE_ANOTHER}"
        raise OpenPGPError(why) from error


def encrypt(plaintext: bytes, *, keyring: Path, fingerprints: Sequence[str]) -> bytes:
    """Armoured OpenPGP message to every fingerprint, out of the certificates in `keyring` alone.

    Raises OpenPGPError if anything at all is not as it should be; then nothing was encrypted.
    """
    if not fingerprints or any(len(fingerprint) != 40 for fingerprint in fingerprints):
        raise OpenPGPError("recipients must be 40-digit fingerprints")
    done = _run(_encrypting(keyring, fingerprints, "--armor", "--status-fd", "2"), plaintext)
    if done.returncode != 0 or _ENCRYPTED not in done.stderr or not done.stdout.startswith(ARMOUR):
        raise OpenPGPError(f"gpg did not encrypt (code {done.returncode})")
    return done.stdout


def _run(command: Sequence[str], data: bytes) -> "subprocess.CompletedProcess[bytes]":
    """One quick run of gpg, which is given `data`. Raises OpenPGPError if there was none."""
    try:
        return subprocess.run(
            command, input=data, env=_ENVIRONMENT, capture_output=True, timeout=QUICK_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise OpenPGPError(f"gpg did not end within {QUICK_SECONDS} seconds") from error
    except OSError as error:
        raise OpenPGPError("the gpg program cannot be run") from error


def encrypt_stream(
    write: Callable[[IO[bytes]], None], target: IO[bytes], *, keyring: Path, fingerprints: Sequence[str]
) -> None:
    """Encrypt what `write` puts into the file it is given, straight on to `target`; memory stays flat.

    Raises OpenPGPError, and whatever `write` or `target` raise; `target` is of no use then.
    """
    with _running(_encrypting(keyring, fingerprints), target) as source:
        write(source)


def decrypt_stream(source: IO[bytes], target: IO[bytes], *, secret_key: bytes | None, passphrase: str) -> None:
    """Decrypt `source` to `target`, with the key as `decrypt` takes it.

    What `target` got counts only if nothing was raised. Raises OpenPGPError.
    """
    with _home_to_open() as home, _piped(passphrase.encode()) as secret:
        options = ["--pinentry-mode", "loopback", "--passphrase-fd", str(secret)]
        if secret_key is not None:
            options += ["--homedir", str(home), "--no-options", "--trust-model", "always"]
            _import_secret(_gpg(home, options=["--no-options"]), secret_key, passphrase)
        with _running([*_COMMAND, *options, "--decrypt"], target, inherits=[secret]) as process:
            shutil.copyfileobj(source, process, CHUNK)


@contextmanager
def _piped(content: bytes) -> Iterator[int]:
    """A pipe's end to read this from: it stands in no file."""
    end, beginning = os.pipe()
    try:
        os.write(beginning, content)
        os.close(beginning)
        yield end
    finally:
        os.close(end)


@contextmanager
def _running(command: Sequence[str], target: IO[bytes], *, inherits: Sequence[int] = ()) -> Iterator[IO[bytes]]:
    """A gpg process whose output goes to `target` while the caller fills its input."""
    with (
        tempfile.TemporaryFile() as messages,
        subprocess.Popen(
            command,
            env=_ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=messages,
            pass_fds=inherits,
        ) as process,
    ):
        drain, source = _Drain(process, target), cast(IO[bytes], process.stdin)
        drain.start()
        try:
            yield source
            source.close()
        except BrokenPipeError:
            _let_go(source)  # it stopped before it had read everything; why is told below
        except BaseException as error:
            process.kill()
            drain.join()
            _let_go(source)
            raise drain.error or error from None
        drain.join()
        if drain.error:
            raise drain.error
        if process.wait(SECONDS) != 0:
            raise OpenPGPError(f"gpg stopped with code {process.returncode}: {_last_line(messages)}")


def _let_go(source: IO[bytes]) -> None:
    """What is still buffered has no reader any more; closing it later would hide the cause."""
    with suppress(BrokenPipeError):
        source.close()


def _last_line(messages: IO[bytes]) -> str:
    """What gpg said last: the cause, in its own words. They name files and keys, no content."""
    messages.seek(0)
    return messages.read().decode(errors="replace").strip().rpartition("\n")[2] or "–"


class _Drain(threading.Thread):
    """Copies a process's output; a failure (a full disk) ends the process, so that its writer notices."""

    def __init__(self, process: "subprocess.Popen[bytes]", target: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self.process, self.target = process, target
        self.error: OSError | None = None

    def run(self) -> None:
        try:
            shutil.copyfileobj(cast(IO[bytes], self.process.stdout), self.target, CHUNK)
        except OSError as error:
            self.error = error
            self.process.kill()


def decrypt(message: bytes, *, secret_key: bytes | None, passphrase: str) -> bytes:
    """Open a message: with the given (passphrase-protected) secret key, or with the user's own GnuPG home.

    Raises OpenPGPError if the key or the passphrase does not fit or the message was altered.
    """
    with opener(secret_key=secret_key, passphrase=passphrase) as opened:
        return opened(message)


@contextmanager
def opener(*, secret_key: bytes | None, passphrase: str) -> Iterator[Opener]:
    """What opens one message after the other, as `decrypt` opens one: each after the first takes a few milliseconds."""
    if secret_key is None:
        yield partial(_opened, _gpg(None, options=["--no-tty"]), passphrase)
        return
    with _home_to_open() as home:
        gpg = _gpg(home, options=["--no-options", "--trust-model", "always"])
        _import_secret(gpg, secret_key, passphrase)
        yield partial(_opened, gpg, passphrase)


def generate(user_id: str, *, passphrase: str, days: int = 0) -> tuple[bytes, bytes]:
    """A new certificate as armoured (public, secret) bytes: Ed25519 to sign, Curve25519 to encrypt.

    `days` until it expires; 0: never. Raises OpenPGPError.
    """
    with temporary_home() as home:
        gpg = _gpg(home, options=["--no-options"])
        parameters = gpg.gen_key_input(
            key_type="EDDSA",
            key_curve="ed25519",
            key_usage="sign",
            subkey_type="ECDH",
            subkey_curve="cv25519",
            subkey_usage="encrypt",
            name_real=user_id.partition("<")[0].strip(),
            name_email=user_id.partition("<")[2].rstrip(">"),
            expire_date=f"{days}d" if days else 0,
            passphrase=passphrase,
        )
        made = gpg.gen_key(parameters)
        if not made.fingerprint:
            raise OpenPGPError("gpg could not make a key pair")
        public = gpg.export_keys(made.fingerprint)
        secret = gpg.export_keys(made.fingerprint, secret=True, passphrase=passphrase)
    return public.encode(), secret.encode()


def write_keyring(certificates: Sequence[Certificate], folder: Path) -> Path:
    """Put the certificates into one binary key ring file below `folder`, named by its content; give its path."""
    name = "-".join(sorted(certificate.fingerprint for certificate in certificates))
    content = b"".join(certificate.binary for certificate in certificates)
    path = folder / f"{name}.gpg"
    if not path.exists() or path.read_bytes() != content:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole_file.write(path, content)
    return path


def _gpg(home: Path | None, *, options: list[str]) -> Any:
    try:
        return _GPG(
            gnupghome=str(home) if home else None,
            options=options,
            env=_ENVIRONMENT,
            encoding="utf-8",
        )
    except (OSError, ValueError) as error:  # python-gnupg asks gpg for its version right away
        raise OpenPGPError("the gpg program cannot be run") from error


def _encrypting(keyring: Path, fingerprints: Sequence[str], *options: str) -> list[str]:
    """The command that encrypts standard input; its home is empty and stays so."""
    home = keyring.parent / "empty-home"
    home.mkdir(mode=0o700, exist_ok=True)
    recipients = [word for fingerprint in fingerprints for word in ("--recipient", fingerprint)]
    place = ["--homedir", str(home), "--no-default-keyring", "--keyring", str(keyring)]
    return [*_COMMAND, *place, *_ENCRYPT_OPTIONS, *options, *recipients, "--encrypt"]


def _import_secret(gpg: Any, secret_key: bytes, passphrase: str) -> None:
    if not gpg.import_keys(secret_key, passphrase=passphrase or None).sec_read:
        raise OpenPGPError("the secret key file cannot be read")


def _opened(gpg: Any, passphrase: str, message: bytes) -> bytes:
    result = gpg.decrypt(message, passphrase=passphrase or None)
    if not result.ok or result.returncode != 0:
        raise OpenPGPError(f"the message does not open ({result.status or 'no status'})")
    return bytes(result.data)
