"""The operator key: the OpenPGP certificate that submissions are encrypted to, as the settings name it.

Two files count while a key is being changed: then everything is encrypted to both. The files are looked at
(not read) each time, so that a changed, removed or expired key is noticed without a restart.

What must never happen: a secret key, or whatever else lies in such a file, is given to strangers. So nobody is
given a file's bytes, only what gpg exported of a certificate that can be encrypted to now; and a secret key in
the place of a public one is refused at the start, at the form and on the command line, and is an alarm.
"""

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from sitebackend import whole_file
from sitebackend.crypto import openpgp, recognition
from sitebackend.crypto.certificate import Certificate

_PROBLEMS: dict[str, str | Promise] = {
    "revoked": _("The operator key {fingerprint} was revoked."),
    "expired": _("The operator key {fingerprint} has expired: its primary key ended on {day}."),
    "subkey_expired": _(
        "The encryption subkey {part} of the operator key has expired, on {day}; its primary key still holds."
    ),
    "subkey_revoked": _("Every part of the operator key {fingerprint} that can encrypt was revoked."),
    "no_encryption_key": _("The operator key {fingerprint} has no part that can encrypt."),
}


class OperatorKeyUnusable(Exception):
    """Nothing can be encrypted; the message says why, for the operator."""


class SecretKeyInPlace(OperatorKeyUnusable):
    """A file of the settings holds a secret key."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """One file of the settings. `certificate` is None if it cannot be read."""

    path: Path
    certificate: Certificate | None
    reason: str  #: why nothing is encrypted to it; empty: it is in use
    is_secret: bool = False  #: it holds a secret key: nobody may get it, and it does not belong there


def certificates() -> tuple[Certificate, ...]:
    """The certificate in each of OPERATOR_KEY_FILE, in that order, whatever its state.

    Raises OperatorKeyUnusable if a file is missing or is not exactly one certificate.
    """
    return tuple(_certificate(path) for path in settings.OPERATOR_KEY_FILE)


def usable_certificates() -> tuple[Certificate, ...]:
    """Those that can be encrypted to now; one that cannot does not stop the other.

    Raises OperatorKeyUnusable, with the first one's reason, if there is none.
    """
    files = key_files()
    usable = tuple(file.certificate for file in files if file.certificate and not file.reason)
    if not usable:
        raise OperatorKeyUnusable(files[0].reason)
    return usable


def problems() -> list[str]:
    """Why a certificate of the settings is not encrypted to, one line for each such."""
    return [file.reason for file in key_files() if file.reason]


def encrypt(plaintext: bytes) -> tuple[bytes, list[str]]:
    """Encrypt to the operator; gives the armoured message and the fingerprints it was encrypted to.

    Raises OperatorKeyUnusable; then nothing was encrypted and nothing may be stored.
    """
    path, fingerprints = keyring()
    try:
        return openpgp.encrypt(plaintext, keyring=path, fingerprints=fingerprints), fingerprints
    except openpgp.OpenPGPError as error:
        raise OperatorKeyUnusable(str(error)) from error


def keyring() -> tuple[Path, list[str]]:
    """The key ring file that holds just the usable certificates, and their fingerprints.

    Raises OperatorKeyUnusable if there is none.
    """
    usable = usable_certificates()
    path = openpgp.write_keyring(usable, _keyrings())
    return path, [certificate.fingerprint for certificate in usable]


def _keyrings() -> Path:
    return Path(settings.DATA_DIR) / "keys" / "keyring"


def key_files() -> list[KeyFile]:
    """What each of OPERATOR_KEY_FILE is good for now."""
    return [_key_file(path) for path in settings.OPERATOR_KEY_FILE]


def _key_file(path: Path) -> KeyFile:
    try:
        certificate = _certificate(path)
    except OperatorKeyUnusable as reason:
        return KeyFile(path, None, str(reason), is_secret=isinstance(reason, SecretKeyInPlace))
    return KeyFile(path, certificate, _why_not(certificate, datetime.now(UTC)))


def _why_not(certificate: Certificate, now: datetime) -> str:
    """Why nothing is encrypted to it, which part of it is the cause, and what to type; empty if it can be used."""
    problem = certificate.problem(now)
    if not problem:
        return ""
    ended = certificate.ended_by(now)
    said = {
        "fingerprint": certificate.fingerprint,
        "part": ended[0].fingerprint if ended else "",
        "day": _day(ended[0].expires) if ended else "",
    }
    return f"{str(_PROBLEMS[problem]).format(**said)} {_remedy(certificate, problem, now)}"


def _remedy(certificate: Certificate, problem: str, now: datetime) -> str:
    if problem == "revoked":
        return str(recognition.MAKE_ANOTHER)
    if problem in ("expired", "subkey_expired"):
        return extension(certificate, now)
    words = _("Add one on your own computer and give the new file: {commands}")
    fingerprint = certificate.fingerprint
    add = f"gpg --quick-add-key {fingerprint} cv25519 encr 2y"
    return str(words).format(commands=f"{add}; gpg --export --armor {fingerprint} > key.asc")


def extension(certificate: Certificate, by: datetime) -> str:
    """What to type so that no part of it ends by then."""
    words = _("Extend it on your own computer and give the new file: {commands}")
    return str(words).format(commands="; ".join(certificate.extension(by)))


def weakness(certificate: Certificate) -> str:
    """What of it is too weak by today's measure; empty if nothing."""
    if not certificate.weak_parts:
        return ""
    words = _("The operator key uses {algorithms}, which is too weak today. {next_step}")
    algorithms = ", ".join(dict.fromkeys(part.algorithm for part in certificate.weak_parts))
    return str(words).format(algorithms=algorithms, next_step=recognition.MAKE_ANOTHER)


def _day(end: datetime | None) -> str:
    return date_format(localtime(end), "SHORT_DATE_FORMAT") if end else ""


def _certificate(path: Path) -> Certificate:
    try:
        state = os.stat(path)
        return _read(path, state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino)
    except OSError as error:
        raise OperatorKeyUnusable(str(_("The operator key {path} cannot be read.")).format(path=path)) from error
    except openpgp.SecretKeyError as error:
        raise SecretKeyInPlace(f"{path}: {error}") from error
    except openpgp.OpenPGPError as error:
        raise OperatorKeyUnusable(f"{path}: {error}") from error


@lru_cache(maxsize=8)
def _read(path: Path, modified: int, changed: int, size: int, inode: int) -> Certificate:
    return openpgp.inspect(path.read_bytes())


def secret_key_path() -> Path:
    """Where the secret key lies if the operator wants it on this machine, protected by its passphrase."""
    return Path(settings.DATA_DIR) / "keys" / "operator-secret.asc"


def secret_key_files() -> list[Path]:
    """Those of OPERATOR_KEY_FILE that hold a secret key, where everybody's key belongs."""
    return [file.path for file in key_files() if file.is_secret]


def export_armoured() -> bytes:
    """The usable certificates, for those who want to write encrypted mail; as gpg exports them, not as files hold them.

    Raises OperatorKeyUnusable if there is none.
    """
    return b"".join(certificate.armoured for certificate in usable_certificates())


def usable_certificate_in(data: bytes) -> Certificate:
    """The public certificate that somebody gives. Raises OperatorKeyUnusable if nothing could be encrypted to it."""
    try:
        certificate = openpgp.inspect(data)
    except openpgp.OpenPGPError as error:
        raise OperatorKeyUnusable(str(error)) from error
    if reason := _why_not(certificate, datetime.now(UTC)):
        raise OperatorKeyUnusable(reason)
    return certificate


def put_into_place(certificate: Certificate) -> None:
    """Make this public certificate the operator key; the file that was there stays beside it, named by its digest.

    What is stored is the certificate as gpg exports it: text around it, and whatever else was sent, is left out.
    With two files in the settings the key before moves into the second and stays a recipient.
    """
    _keep_for_the_overlap(certificate)
    _replace(settings.OPERATOR_KEY_FILE[0], certificate.armoured)


def encrypt_to(certificate: Certificate, plaintext: bytes) -> bytes:
    """Encrypt to this certificate alone, as a trial whether its owner can open it. Raises OperatorKeyUnusable."""
    path = openpgp.write_keyring([certificate], _keyrings())
    try:
        return openpgp.encrypt(plaintext, keyring=path, fingerprints=[certificate.fingerprint])
    except openpgp.OpenPGPError as error:
        raise OperatorKeyUnusable(str(error)) from error


def _keep_for_the_overlap(fresh: Certificate) -> None:
    """An extended key is the same key: it takes its own place, and the second file stays as it is."""
    first, *others = settings.OPERATOR_KEY_FILE
    before = _key_file(first).certificate
    if others and before and before.fingerprint != fresh.fingerprint:
        _replace(others[0], before.armoured)


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        before = path.read_bytes()  # a secret key by mistake, perhaps the only copy: kept, for its owner alone
        name = f"{path.stem}-{hashlib.sha256(before).hexdigest()[:16]}{path.suffix}"
        whole_file.write(path.with_name(name), before)
    whole_file.write(path, data, mode=0o644)
