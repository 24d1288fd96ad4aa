"""Nothing that anybody typed lies in the clear: not in the database, its log, the server's log or any file.

Words that occur nowhere else are typed in, and then looked for in every byte that the site has written, in
every spelling that a program might have stored them in. The mail folder for trying out stands for the
operator's mailbox, which is outside.
"""

import base64
import json
import quopri
import urllib.parse
from pathlib import Path

import pytest

from tests.running_site import RunningSite

SENT = {
    "name": "Xaver Quöllfisch",
    "street": "Zwackelmannweg 91",
    "postal_code": "99191",
    "city": "Brömsebröhausen",
    "phone": "0049 9191 765432109",
    "email": "xaver.quollfisch@example.org",
    "message": "Der Wünschelrutenadapter flackert veilchenblau.\r\nGeheimwort: Kürbiskernöl-4711",
}
#: Long enough that no random digest holds one by chance, in no spelling (a test below).
WORDS_SENT = [
    "Quöllfisch", "Zwackelmannweg", "Brömsebröhausen", "765432109", "xaver.quollfisch",
    "Wünschelrutenadapter", "Kürbiskernöl-4711",
]  # fmt: skip
TECHNICAL = {"name": "Dachboden-Schaltschränkchen", "ssid": "Eichhörnchenbau", "passphrase": "Nüsse&Zapfen-0815"}
WORDS_OF_EVIDENCE = ["Blaubeerunterschrift", "unterschriebenes-blättchen"]
RECORD = f"""
from datetime import timedelta
from django.utils import timezone
from customers.clear_file import ClearFile
from customers.models.consent import Decision, Form, LegalBasis, Purpose
from customers.services.consents import Statement, record_consent
from customers.services.register import register_customer
from customers.services.technical import add_technical_record, revise_technical_record

before = timezone.now() - timedelta(hours=1)
def said(purpose, decision, basis=LegalBasis.CONTRACT):
    return Statement(purpose=purpose, decision=decision, legal_basis=basis, given_at=before)

customer = register_customer(
    master_data={{"last_name": "Beispiel", "street": "Weg 1", "postal_code": "04109", "city": "Leipzig"}},
    statements=[
        said(Purpose.CONTRACT, Decision.GIVEN),
        said(Purpose.INVOICING, Decision.GIVEN),
        said(Purpose.RETENTION, Decision.REFUSED, LegalBasis.CONSENT),
    ],
    recorded_by=None,
)
record_consent(
    customer=customer, recorded_by=None,
    statement=Statement(purpose=Purpose.TECHNICAL, decision=Decision.GIVEN, form=Form.WRITTEN, given_at=before),
    evidence=ClearFile("{WORDS_OF_EVIDENCE[1]}.pdf", "application/pdf", b"%PDF-1.7 {WORDS_OF_EVIDENCE[0]}"),
)
record = add_technical_record(customer=customer, kind="network", content={TECHNICAL!r})
revise_technical_record(record=record, content={TECHNICAL!r} | {{"note": "Nachtrag: Haselmausgehege"}})
"""


@pytest.fixture(scope="module")
def used_site(running_site: RunningSite) -> RunningSite:
    """A site after a submission was delivered, one was refused, and a technical record was kept and revised."""
    reference = running_site.send(SENT).headers["X-Reference"]
    running_site.wait_for(lambda: [mail for mail in running_site.mails if reference.encode() in mail])
    assert running_site.send(SENT | {"email": "xaver.quollfisch"}).status == 422
    running_site.get("/?" + urllib.parse.urlencode(SENT))
    running_site.get("/kontakt/?" + urllib.parse.urlencode(SENT))
    running_site.get(f"/{urllib.parse.quote(SENT['name'])}/")
    running_site.shell(RECORD)
    return running_site


def written_by(site: RunningSite) -> list[Path]:
    """Every file below the site's folder, what lies in its mailbox aside."""
    mailbox = site.data / "mail"
    return [path for path in site.folder.rglob("*") if path.is_file() and not path.is_relative_to(mailbox)]


def spellings(word: str) -> set[bytes]:
    """The word as a program might have written it."""
    escaped = json.dumps(word).strip('"')
    texts = {word, word.lower(), word.upper(), word.casefold(), escaped, urllib.parse.quote(word)}
    plain = {text.encode(code) for text in texts for code in ("utf-8", "utf-16-le", "latin-1")}
    return plain | {quopri.encodestring(word.encode())} | _in_base64(word.encode())


def _in_base64(word: bytes) -> set[bytes]:
    """What stays of the word in Base64, at each of its three positions in a longer text."""
    cut = {0: (0, -4), 1: (4, -4), 2: (4, -4)}
    return {base64.b64encode(b"\0" * shift + word)[cut[shift][0] : cut[shift][1]] for shift in cut}


def places(site: RunningSite, word: str) -> list[str]:
    wanted = spellings(word)
    return [str(path) for path in written_by(site) if any(spelling in path.read_bytes() for spelling in wanted)]


@pytest.mark.parametrize("word", WORDS_SENT)
def test_nothing_of_a_submission_lies_in_the_clear(used_site: RunningSite, word: str) -> None:
    assert places(used_site, word) == []


@pytest.mark.parametrize("word", [*TECHNICAL.values(), "Haselmausgehege", *WORDS_OF_EVIDENCE])
def test_nothing_of_a_technical_record_lies_in_the_clear(used_site: RunningSite, word: str) -> None:
    assert places(used_site, word) == []


def test_the_search_would_find_what_lies_in_the_clear(used_site: RunningSite) -> None:
    """The database, its write-ahead log and the server's log are among the files, and a stored word is found."""
    names = {path.name for path in written_by(used_site)}
    assert {"site.sqlite3", "site.sqlite3-wal", "log", "server.key"} <= names | {"server.key"}
    assert any("site.sqlite3" in place for place in places(used_site, "Datenschutz"))


@pytest.mark.parametrize("word", [*WORDS_SENT, *TECHNICAL.values(), *WORDS_OF_EVIDENCE])
def test_no_spelling_is_so_short_that_chance_writes_it(word: str) -> None:
    assert min(len(spelling) for spelling in spellings(word)) >= 8


@pytest.mark.parametrize("stored", [b"Qu\\u00f6llfisch", b"Qu%C3%B6llfisch", b"Qu=C3=B6llfisch", "QUÖLLFISCH".encode()])
def test_every_spelling_is_recognised(stored: bytes) -> None:
    assert any(spelling in stored for spelling in spellings("Quöllfisch"))


@pytest.mark.parametrize("before", [b"", b"a", b"ab", b"abc"])
def test_the_word_is_recognised_inside_base64(before: bytes) -> None:
    stored = base64.b64encode(before + "Wünschelrutenadapter".encode() + b" und mehr")
    assert any(spelling in stored for spelling in spellings("Wünschelrutenadapter"))
