"""Where commands that decrypt find the operator's secret key and the passphrases."""

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
    return asked("OPERATOR_KEY_PASSPHRASE", "Passphrase of the operator key: ")


def vault_passphrase() -> str:
    """As `passphrase`, of the vault."""
    return asked("VAULT_PASSPHRASE", "Passphrase of the vault: ")


def asked(variable: str, question: str) -> str:
    """The environment's variable, or the answer to the question on the terminal, or the next line of a pipe."""
    if (given := os.environ.get(variable)) is not None:
        return given
    if sys.stdin.isatty():
        return getpass.getpass(question)
    return sys.stdin.readline().rstrip("\r\n")
