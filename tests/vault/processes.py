"""A second process for the tests: `python -m tests.vault.processes VERB …` prints what it found as JSON.

It works on the database that DATABASE_URL names, so that what one process left behind, another must make do with.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

from sitebackend.crypto import server_key

PASSPHRASE = "fünf würfel wörter über allem"
FOR_MESSAGES = "vier rote wörter im büro"


def make(customers: str) -> dict[str, Any]:
    """An operator with the vault open, and customers with a record each."""
    from customers.services.register import register_customer
    from customers.services.technical import add_technical_record
    from sitebackend.models import Operator
    from sitebackend.vault import services
    from tests.customers.conftest import MASTER_DATA, agree_to_technical_data, statements

    Operator.objects.create_superuser("chef", "chef@example.de", "a long enough password")
    printed = services.set_up(passphrase=PASSPHRASE)
    for number in range(int(customers)):
        customer = register_customer(master_data=MASTER_DATA, statements=statements(), recorded_by=None)
        agree_to_technical_data(customer)
        add_technical_record(customer=customer, kind="network", content={"name": "Netz", "ssid": f"netz-{number}"})
    return {"recovery_key": printed, **unlock(PASSPHRASE)}


def unlock(passphrase: str) -> dict[str, Any]:
    from sitebackend.models import Operator
    from sitebackend.vault import services
    from sitebackend.vault.errors import VaultError

    try:
        return {"token": services.unlock(operator=Operator.objects.get(), passphrase=passphrase)}
    except VaultError as error:
        return {"error": type(error).__name__}


def guess(times: str) -> dict[str, Any]:
    return {"answers": [unlock("a wrong passphrase")["error"] for _ in range(int(times))]}


def read(token: str) -> dict[str, Any]:
    """What every technical record holds, if the token opens the vault."""
    from customers.models import TechnicalRecord
    from customers.services.technical import read_technical_record
    from sitebackend.models import Operator
    from sitebackend.vault import services
    from tests.vault.conftest import request_of

    vault = services.opened(request_of(Operator.objects.get(), token))
    if vault is None:
        return {"locked": True}
    records = TechnicalRecord.objects.all()
    return {"ssids": sorted(read_technical_record(open_vault=vault, record=record)["ssid"] for record in records)}


def make_notes(count: str) -> dict[str, Any]:
    """An operator, a vault, and notes that are sealed to it."""
    from contact import reading
    from contact.models import EncryptedMessage, Submission
    from sitebackend.models import Operator
    from sitebackend.vault import services

    Operator.objects.create_superuser("chef", "chef@example.de", "a long enough password")
    services.set_up(passphrase=PASSPHRASE)
    message = EncryptedMessage.objects.create(armoured="-", fingerprints=[])
    submission = Submission.objects.create(reference="R", message=message, idempotency_digest="d")
    for number in range(int(count)):
        reading.add_note(submission=submission, text=f"notiz-{number}")
    return {}


def read_notes() -> dict[str, Any]:
    """What the two passphrases give."""
    from contact import reading
    from contact.models import Submission
    from sitebackend.models import Operator
    from sitebackend.vault import services
    from sitebackend.vault.errors import VaultError
    from sitebackend.vault.models import Lock
    from tests.vault.conftest import request_of

    operator, found = Operator.objects.get(), {}
    for lock, passphrase in ((Lock.VAULT, PASSPHRASE), (Lock.MESSAGES, FOR_MESSAGES)):
        try:
            token = services.unlock(operator=operator, passphrase=passphrase, lock=lock)
        except VaultError as error:
            found[lock.value] = [type(error).__name__]
            continue
        opened = services.opened_messages(request_of(operator, token))
        shown = reading.notes(open_messages=opened, submission=Submission.objects.get()) if opened else []
        found[lock.value] = sorted(note.text for note in shown)
    return found


def set_up_messages_and_die(when: str) -> dict[str, Any]:
    """Set the lock for messages up, and be killed as below."""
    from sitebackend.vault import messages_lock

    _die(when)
    messages_lock.set_up(operator=None, passphrase=PASSPHRASE, new=FOR_MESSAGES)
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def rotate_and_die(when: str) -> dict[str, Any]:
    """Rotate, and be killed: after the first of the holdings, before the commit, or right after it."""
    from sitebackend.vault import maintenance

    _die(when)
    maintenance.rotate(operator=None, passphrase=PASSPHRASE)
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def _die(when: str) -> None:
    from sitebackend.vault import holdings, services

    def dying(verb: Callable[..., Any]) -> Callable[..., Any]:
        def act(*args: Any, **options: Any) -> None:
            verb(*args, **options)
            os.kill(os.getpid(), signal.SIGKILL)

        return act

    if when == "amid":
        holdings.Holding.reseal = dying(holdings.Holding.reseal)
    if when == "before commit":
        services.record = dying(services.record)


def look(token: str, recovery_key: str) -> dict[str, Any]:
    """What three ways in give: an older session, the recovery key, the passphrase."""
    return {"session": read(token), "recovery": recover(recovery_key), "passphrase": read(unlock(PASSPHRASE)["token"])}


def recover(typed: str) -> str:
    from sitebackend.vault import maintenance
    from sitebackend.vault.errors import VaultError

    try:
        maintenance.recover(operator=None, typed=typed, new=PASSPHRASE)
    except VaultError as error:
        return type(error).__name__
    return "opens"


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    server_key.ensure()
    answer = globals()[sys.argv[1]](*sys.argv[2:])
    sys.stdout.write(json.dumps(answer))
