"""The copy is handed over: by a link, under a passphrase, printed, or completed where the secret key is."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pypdf import PdfReader
from pytest_django import Settings

from contact import reading
from contact import services as contact
from contact.models import EncryptedMessage, Submission
from customers.models import Customer
from sitebackend import nonce
from sitebackend.mail.services import deliver_due
from sitebackend.models import SiteSettings
from sitebackend.operator_key import secret_key_path
from sitebackend.privacy import documents
from sitebackend.privacy.models import AccessAnswer, Channel, DataSubjectRequest, Identity, Kind, Outcome
from sitebackend.privacy.services import identity, intake
from sitebackend.privacy.statement import Statement
from sitebackend.vault.models import VaultEvent
from tests.conftest import PASSPHRASE
from tests.privacy.people import is_one

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder", "operator_key")]
HER = "moeller@baeckerei.example.de"
MESSAGE = "Was kostet ein Netz für 3 Büros? 5 €\nÄnne"
PAGE = "/admin/privacy/datasubjectrequest/"


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(business_name="B", owner="O", email="k@example.de", federal_state="NW")


@pytest.fixture
def submission() -> Submission:
    fields = {"name": "Änne Möller", "street": "Weg 1", "postal_code": "04109", "city": "Leipzig", "phone": "1"}
    sent = contact.receive(
        fields=fields | {"email": HER, "message": MESSAGE}, reply_to=HER, nonce=nonce.issue(), now=NOW
    )
    reading.add_note(submission=sent, text="Ruft dienstags an")
    return sent


NOW = timezone.now()


@pytest.fixture
def request_(customer: Customer, submission: Submission) -> DataSubjectRequest:
    return _asked()


def _asked(**said: str) -> DataSubjectRequest:
    request = DataSubjectRequest(kind=Kind.ACCESS, channel=Channel.LETTER, received_on=timezone.localdate())
    intake.record(request, said=Statement(**{"name": "Änne Möller", "email": HER, **said}), now=NOW)
    is_one(request)
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    return request


@pytest.fixture
def secret_key(key_pair: tuple[bytes, bytes], vault_key: bytes, journal_folder: Path, operator_key: Path) -> Path:
    """The operator chose to read here: the secret key lies on the server, its passphrase in the vault."""
    path = secret_key_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(key_pair[1])
    return path


@pytest.fixture
def reading_here(secret_key: Path) -> None:
    reading.allow(passphrase=PASSPHRASE)


def _copy(client: Client, request: DataSubjectRequest, form: str, **fields: str) -> Any:
    return client.post(f"{PAGE}{request.pk}/copy/{form}/", fields)


def _text(content: bytes, password: str | None = None) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content), password=password).pages)


def _parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def _linked(client: Client) -> dict[str, bytes]:
    deliver_due(timezone.now())
    link = next(line for line in str(mail.outbox[-1].body).splitlines() if "://" in line).partition("example.de")[2]
    return _parts(client.post(link).content)


# --- with everything on the server


@pytest.mark.usefixtures("reading_here")
def test_with_the_vault_open_the_link_gives_message_notes_and_master_data(
    unlocked_client: Client, request_: DataSubjectRequest
) -> None:
    unlocked_client.post(f"{PAGE}{request_.pk}/step/access/")
    request_.refresh_from_db()
    assert request_.outcome == Outcome.GRANTED
    parts = _linked(Client())
    told = json.loads(next(content for name, content in parts.items() if name.endswith(".json")))
    values = str([item["values"] for holding in told["holdings"] for item in holding["items"]])
    for value in (repr(MESSAGE)[1:-1], "Ruft dienstags an", "Königsallee 7 b"):
        assert value in values
    cards = next(content for name, content in parts.items() if name.endswith(".vcf")).decode()
    assert cards.count("BEGIN:VCARD") == 2
    assert "ADR:;;Königsallee 7 b;Leipzig;;04109;Deutschland" in cards.replace("\r\n ", "")


@pytest.mark.usefixtures("reading_here")
def test_each_opening_stands_in_the_vaults_log(unlocked_client: Client, request_: DataSubjectRequest) -> None:
    _copy(unlocked_client, request_, "print")
    [submission] = Submission.objects.all()
    opened = VaultEvent.objects.filter(kind=VaultEvent.Kind.OPENED).values_list("holding", flat=True)
    assert f"contact.submissions|{submission.pk}" in opened


def test_with_the_vault_locked_nothing_is_handed_over(admin_client: Client, request_: DataSubjectRequest) -> None:
    for form in ("print", "encrypted", "package"):
        assert _copy(admin_client, request_, form, passphrase="x" * 20).status_code == 302
    admin_client.post(f"{PAGE}{request_.pk}/step/access/")
    request_.refresh_from_db()
    assert request_.answered_at is None
    assert not AccessAnswer.objects.exists()
    assert mail.outbox == []


@pytest.mark.usefixtures("reading_here")
def test_the_printed_copy_has_every_value_and_the_machines_form_inside(
    unlocked_client: Client, request_: DataSubjectRequest
) -> None:
    response = _copy(unlocked_client, request_, "print")
    assert response.headers["Content-Type"] == "application/pdf"
    assert "no-store" in response.headers["Cache-Control"]
    text = _text(response.content)
    for value in ("Was kostet ein Netz für 3 Büros? 5 €", "Ruft dienstags an", "Königsallee 7 b", "Art. 77"):
        assert value in text
    inside = PdfReader(io.BytesIO(response.content)).attachments
    assert json.loads(inside[f"{request_.reference}.json"][0])["reference"] == request_.reference


@pytest.mark.usefixtures("reading_here")
def test_the_file_under_a_passphrase_opens_with_it_alone(unlocked_client: Client, request_: DataSubjectRequest) -> None:
    passphrase = unlocked_client.get(f"{PAGE}{request_.pk}/change/").context["passphrase"]
    content = _copy(unlocked_client, request_, "encrypted", passphrase=passphrase).content
    assert b"dienstags" not in content
    assert "Ruft dienstags an" in _text(content, passphrase)
    assert not PdfReader(io.BytesIO(content)).decrypt("wrong")
    assert len(PdfReader(io.BytesIO(content), password=passphrase).attachments) == 1


@pytest.mark.usefixtures("reading_here")
def test_a_short_passphrase_is_refused(unlocked_client: Client, request_: DataSubjectRequest) -> None:
    assert _copy(unlocked_client, request_, "encrypted", passphrase="geheim").status_code == 302


@pytest.mark.usefixtures("reading_here")
def test_nothing_of_a_file_that_was_handed_over_stays(
    unlocked_client: Client, request_: DataSubjectRequest, journal_folder: Path
) -> None:
    _copy(unlocked_client, request_, "print")
    files = [path for path in journal_folder.parent.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"dienstags" in path.read_bytes()]
    assert not AccessAnswer.objects.exists()


@pytest.mark.usefixtures("reading_here")
def test_an_altered_message_does_not_hide_the_rest(unlocked_client: Client, request_: DataSubjectRequest) -> None:
    customer = Customer.objects.get()
    Submission.objects.update(message=EncryptedMessage.objects.create(armoured="none", fingerprints=[]))
    text = _text(_copy(unlocked_client, request_, "print").content)
    assert customer.street in text


# --- the secret key is elsewhere


def test_without_the_secret_key_the_server_hands_out_a_package_only(
    unlocked_client: Client, request_: DataSubjectRequest
) -> None:
    assert _copy(unlocked_client, request_, "print").status_code == 302
    unlocked_client.post(f"{PAGE}{request_.pk}/step/access/")
    request_.refresh_from_db()
    assert request_.answered_at is None
    parts = _parts(_copy(unlocked_client, request_, "package").content)
    assert MESSAGE.encode() not in b"".join(parts.values())
    assert b"Ruft dienstags an" in parts["content.json"]
    assert [name for name in parts if name.startswith("sealed/")]


@pytest.fixture
def package(unlocked_client: Client, request_: DataSubjectRequest, tmp_path: Path) -> Path:
    path = tmp_path / "package.zip"
    path.write_bytes(_copy(unlocked_client, request_, "package").content)
    return path


def _complete(package: Path, key_pair: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch, *options: str) -> Path:
    path = secret_key_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(key_pair[1])
    monkeypatch.setenv("OPERATOR_KEY_PASSPHRASE", PASSPHRASE)
    folder = package.parent / "finished"
    folder.mkdir()
    out = io.StringIO()
    with CaptureQueriesContext(connection) as asked:
        call_command("subject", "complete", str(package), "--to", str(folder), *options, stdout=out)
    assert len(asked) == 0, "the computer with the key has no database of the site's"
    (folder / "shown").write_text(out.getvalue())
    path.unlink()
    return folder


def test_one_command_completes_the_package_and_the_link_gives_it(
    package: Path,
    request_: DataSubjectRequest,
    key_pair: tuple[bytes, bytes],
    monkeypatch: pytest.MonkeyPatch,
    unlocked_client: Client,
) -> None:
    folder = _complete(package, key_pair, monkeypatch)
    finished = (folder / f"{request_.reference}.zip").read_bytes()
    assert (folder / f"{request_.reference}.zip").stat().st_mode & 0o777 == 0o600
    assert "3 Büros" in _text((folder / f"{request_.reference}.pdf").read_bytes())
    upload = SimpleUploadedFile("finished.zip", finished)
    unlocked_client.post(f"{PAGE}{request_.pk}/step/access/", {"completed": upload})
    request_.refresh_from_db()
    assert request_.outcome == Outcome.GRANTED
    told = next(content for name, content in _linked(Client()).items() if name.endswith(".html")).decode()
    assert "3 Büros" in told
    assert "Königsallee 7 b" in told


def test_the_completed_pdf_can_be_put_under_a_passphrase(
    package: Path, request_: DataSubjectRequest, key_pair: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _complete(package, key_pair, monkeypatch, "--encrypt")
    passphrase = (folder / "shown").read_text().split()[-1]
    assert "3 Büros" in _text((folder / f"{request_.reference}.pdf").read_bytes(), passphrase)


def test_a_package_of_another_request_or_an_unfinished_one_is_not_handed_over(
    package: Path, request_: DataSubjectRequest, unlocked_client: Client, settings: Settings
) -> None:
    answer = documents.unpack(package.read_bytes())
    unfinished = documents.archive(answer)
    answer.reference = "AAA-BBB-CCC"
    for entry in answer.entries:
        entry.missing = entry.sealed = ""
    for content in (b"no zip", package.read_bytes(), unfinished, documents.archive(answer)):
        upload = SimpleUploadedFile("finished.zip", content)
        unlocked_client.post(f"{PAGE}{request_.pk}/step/access/", {"completed": upload})
        request_.refresh_from_db()
        assert request_.answered_at is None


def test_a_file_that_is_no_package_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK nonsense")
    with pytest.raises(CommandError):
        call_command("subject", "complete", str(tmp_path / "x.zip"))


# --- without a mail address


def test_a_person_without_mail_address_gets_no_link_but_a_file(admin_client: Client) -> None:
    request = _asked(email="", phone="0221 555", address="Weg 1")
    shown = admin_client.get(f"{PAGE}{request.pk}/change/").content.decode()
    assert "/step/access/" not in shown
    assert "0221 555" in _text(_copy(admin_client, request, "print").content)


def test_signs_that_the_font_lacks_are_shown_by_their_number(admin_client: Client) -> None:
    request = _asked(email="", phone="1", message="Łukasz Ωmega Жанна 🙂 漢")
    text = _text(_copy(admin_client, request, "print").content)
    assert "Łukasz Ωmega Жанна [U+1F642] [U+6F22]" in text


@pytest.mark.parametrize("form", ["nonsense", "encrypted"])
def test_an_address_that_somebody_follows_hands_out_nothing(
    admin_client: Client, form: str, request_: DataSubjectRequest
) -> None:
    assert admin_client.get(f"{PAGE}{request_.pk}/copy/{form}/").status_code == 302
    assert _copy(admin_client, request_, "nonsense").status_code == 302
    assert _copy(Client(), request_, "print").status_code == 403  # asked to sign in, at the place
