"""A thousand words in records, attachments, evidence and documents of a running site, its vault locked: none of
them is in any file that it has written (database, write-ahead log, logs, mails, temporary files, backups)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.test_canaries import spellings
from tests.running_site import RunningSite, site

WORD = "kanarienvogel"
PLANT = f"""
from datetime import date, timedelta
from decimal import Decimal
from django.utils import timezone
from customers.clear_file import ClearFile
from customers.models import Customer
from customers.models.consent import Form, LegalBasis, Purpose
from customers.services.billing import file_billing_document
from customers.services.consents import Statement, record_consent
from customers.services.register import register_customer
from customers.services.technical import add_technical_record, attach, revise_technical_record

canaries = iter([f"{WORD}-{{number:04d}}" for number in range(1000)])
take = lambda count: [next(canaries) for _ in range(count)]
before = timezone.now() - timedelta(hours=1)
customer = register_customer(
    master_data={{"last_name": "Sichtbarlich", "city": "Leipzig"}}, recorded_by=None,
    statements=[Statement(purpose=purpose, legal_basis=LegalBasis.CONTRACT, given_at=before)
                for purpose in (Purpose.CONTRACT, Purpose.INVOICING)],
)
file = lambda: ClearFile(f"{{next(canaries)}}.pdf", "application/pdf", ("%PDF-1.7 " + " ".join(take(9))).encode())
said = Statement(purpose=Purpose.TECHNICAL, form=Form.WRITTEN, given_at=before)
record_consent(customer=customer, recorded_by=None, statement=said, evidence=file())
customer = Customer.objects.get()
for number in range(40):
    record = add_technical_record(customer=customer, kind="device", content=dict(zip("abcde", take(5))))
    record = revise_technical_record(record=record, content=dict(zip("abcde", take(5))))
    attach(record=record, file=file())
for number in range(19):
    file_billing_document(customer=customer, kind="invoice", number=f"R-{{number}}", issued_on=date(2026, 2, 1),
                          amount=Decimal(1), currency="EUR", file=file())
print(len(list(canaries)))
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningSite, list[Path]]]:
    """A site that has kept the canaries, answered, mailed and made a backup; every folder that it writes to."""
    temporary, medium = (tmp_path_factory.mktemp(name) for name in ("temporary", "medium"))
    with site(TMPDIR=str(temporary), BACKUP_TARGETS=str(medium), LOG_LEVEL="DEBUG") as running:
        assert running.shell(PLANT).split()[-1] == "0"
        for path in ("/", "/kontakt/", "/admin/login/", "/readyz"):
            assert WORD not in running.get(path).body
        running.manage("worker", "--once")
        running.manage("backup", "create")
        running.manage("subject", "find", "--email", "niemand@example.org")
        yield running, [running.folder, temporary, medium]


def holding(folders: list[Path], word: str) -> list[str]:
    wanted = spellings(word)
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(spelling in path.read_bytes() for spelling in wanted)]


def test_none_of_a_thousand_is_in_any_file(folders: tuple[RunningSite, list[Path]]) -> None:
    assert holding(folders[1], WORD) == []


def test_the_search_reached_database_log_mails_and_backup(folders: tuple[RunningSite, list[Path]]) -> None:
    running, (own, _temporary, medium) = folders
    names = {path.name for path in own.rglob("*")}
    assert {"site.sqlite3", "log"} <= names
    assert [path for path in medium.rglob("*") if path.stat().st_size > 10_000]
    assert "site.sqlite3" in " ".join(holding(folders[1], "Sichtbarlich"))
    assert running.mails
