"""The operator key: the OpenPGP certificate that submissions are encrypted to, as the settings name it.

Two files count while a key is being changed: then everything is encrypted to both. The files are looked at
(not read) each time, so that a changed, removed or expired key is noticed without a restart.
"""

import hashlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sitebackend.crypto import openpgp

PROBLEMS: dict[str, str | Promise] = {
    "revoked": _("The operator key was revoked."),
    "expired": _("The operator key has expired."),
    "no_encryption_key": _("The operator key has no part that can encrypt."),
}


class OperatorKeyUnusable(Exception):
    """Nothing can be encrypted; the message says why, for the operator."""


def certificates() -> tuple[openpgp.Certificate, ...]:
    """The certificate in each of OPERATOR_KEY_FILE, in that order, whatever its state.

    Raises OperatorKeyUnusable if a file is missing or is not exactly one certificate.
    """
    return tuple(_certificate(path) for path in settings.OPERATOR_KEY_FILE)


def usable_certificates() -> tuple[openpgp.Certificate, ...]:
    """Those that can be encrypted to now; one that cannot does not stop the other.

    Raises OperatorKeyUnusable, with the first one's reason, if there is none.
    """
    usable, reasons = _sorted()
    if not usable:
        raise reasons[0]
    return tuple(usable)


def problems() -> list[str]:
    """Why a certificate of the settings is not encrypted to, one line for each such."""
    return [str(reason) for reason in _sorted()[1]]


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
    path = openpgp.write_keyring(usable, Path(settings.DATA_DIR) / "keys" / "keyring")
    return path, [certificate.fingerprint for certificate in usable]


def _sorted() -> tuple[list[openpgp.Certificate], list[OperatorKeyUnusable]]:
    now, usable, reasons = datetime.now(UTC), [], []
    for path in settings.OPERATOR_KEY_FILE:
        try:
            certificate = _certificate(path)
            if problem := certificate.problem(now):
                raise OperatorKeyUnusable(str(PROBLEMS[problem]))
            usable.append(certificate)
        except OperatorKeyUnusable as reason:
            reasons.append(reason)
    return usable, reasons


def _certificate(path: Path) -> openpgp.Certificate:
    try:
        state = os.stat(path)
        return _read(path, state.st_mtime_ns, state.st_size, state.st_ino)
    except OSError as error:
        raise OperatorKeyUnusable(str(_("The operator key {path} cannot be read.")).format(path=path)) from error
    except openpgp.OpenPGPError as error:
        raise OperatorKeyUnusable(f"{path}: {error}") from error


@lru_cache(maxsize=8)
def _read(path: Path, changed: int, size: int, inode: int) -> openpgp.Certificate:
    return openpgp.inspect(path.read_bytes())


def secret_key_path() -> Path:
    """Where the secret key lies if the operator wants it on this machine, protected by its passphrase."""
    return Path(settings.DATA_DIR) / "keys" / "operator-secret.asc"


def export_armoured() -> Sequence[bytes]:
    """The public certificates as the files hold them, for those who want to write encrypted mail."""
    return [path.read_bytes() for path in settings.OPERATOR_KEY_FILE]


def put_into_place(data: bytes) -> openpgp.Certificate:
    """Make this public certificate the operator key; the file that was there stays beside it, named by its digest.

    Raises OperatorKeyUnusable if nothing could be encrypted to it; then nothing was changed.
    """
    try:
        certificate = openpgp.inspect(data)
    except openpgp.OpenPGPError as error:
        raise OperatorKeyUnusable(str(error)) from error
    if problem := certificate.problem(datetime.now(UTC)):
        raise OperatorKeyUnusable(str(PROBLEMS[problem]))
    _replace(settings.OPERATOR_KEY_FILE[0], data)
    return certificate


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        before = path.read_bytes()
        path.with_name(f"{path.stem}-{hashlib.sha256(before).hexdigest()[:16]}{path.suffix}").write_bytes(before)
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(data)
    os.replace(fresh, path)
