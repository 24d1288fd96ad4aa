"""Whether a message that is sent now would be taken: the form says so before anybody types.

Asked for with each page of the form, so nothing here runs a program, opens a connection or keeps an answer: files are
looked at. What shows only when it is tried (a gpg that fails, a full disk) the sender hears after sending, with all of
the text still there; `/readyz` tries it.
"""

from sitebackend import health, operator_key
from sitebackend.crypto import openpgp, server_key


def is_open() -> bool:
    return _can_encrypt() and server_key.path().exists() and health.closed_file() is None


def _can_encrypt() -> bool:
    try:
        return bool(operator_key.usable_certificates()) and openpgp.is_available()
    except operator_key.OperatorKeyUnusable:
        return False
