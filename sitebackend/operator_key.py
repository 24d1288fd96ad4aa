"""The operator key: the OpenPGP certificate that submissions are encrypted to, as the settings name it.

Two files count while a key is being changed: then everything is encrypted to both. The files are looked at
(not read) each time, so that a changed, removed or expired key is noticed without a restart.
"""

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
    """Those that can be encrypted to now. Raises OperatorKeyUnusable if there is none."""
    now = datetime.now(UTC)
    found = certificates()
    usable = tuple(certificate for certificate in found if not certificate.problem(now))
    if not usable:
        raise OperatorKeyUnusable(str(PROBLEMS[found[0].problem(now)]))
    return usable


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


def export_armoured() -> Sequence[bytes]:
    """The public certificates as the files hold them, for those who want to write encrypted mail."""
    return [path.read_bytes() for path in settings.OPERATOR_KEY_FILE]
