"""Where commands that decrypt find the operator's secret key and its passphrase."""

import getpass
import os
import sys

from sitebackend import operator_key


def key() -> bytes | None:
    """The key pair for trying out, if quickstart made one; None: the user's own GnuPG home has it."""
    path = operator_key.secret_key_path()
    return path.read_bytes() if path.exists() else None


def passphrase() -> str:
    """From the environment, the terminal or a pipe, in this order."""
    if (given := os.environ.get("OPERATOR_KEY_PASSPHRASE")) is not None:
        return given
    if sys.stdin.isatty():
        return getpass.getpass("Passphrase of the operator key: ")
    return sys.stdin.readline().rstrip("\r\n")
