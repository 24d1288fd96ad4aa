"""The copy: every value once, files beside it, nothing that a browser would run, the law's sentences in it."""

import io
import json
import zipfile
from datetime import date

import pytest

from sitebackend.crypto import sealing
from sitebackend.models import SiteSettings
from sitebackend.privacy import documents, registry
from sitebackend.privacy.models import DataSubjectRequest, Kind
from sitebackend.privacy.registry import Export, Item
from sitebackend.vault.opened import OpenVault
from tests.privacy.conftest import NOON, Accounts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("accounts")]
REQUEST = DataSubjectRequest(kind=Kind.ACCESS, received_on=date(2026, 11, 23))


def _copy(accounts: Accounts, sealed: str = "", files: tuple[tuple[str, bytes], ...] = (), **values: object) -> Export:
    item = Item(source=accounts.name, identifier="1", title="Account", recorded_at=NOON, matched_by=("email",))
    return Export(item=item, values=values, files=files, sealed=sealed)


def _unpacked(*copies: Export) -> dict[str, bytes]:
    answer = documents.collect(REQUEST, copies)
    with zipfile.ZipFile(io.BytesIO(documents.archive(answer))) as file:
        return {name: file.read(name) for name in file.namelist()}


def _html(files: dict[str, bytes]) -> str:
    return next(content for name, content in files.items() if name.endswith(".html")).decode()


def _json(files: dict[str, bytes]) -> dict[str, object]:
    return json.loads(next(content for name, content in files.items() if name.endswith(".json")))


def test_every_value_stands_in_page_and_json_exactly_once(accounts: Accounts) -> None:
    values = {"Name": "Zoë Groß 🙂", "Note": "one\ntwo", "Day": date(2026, 1, 2)}
    files = _unpacked(_copy(accounts, **values))
    assert _html(files).count("Zoë Groß 🙂") == 1
    [holding] = _json(files)["holdings"]
    assert holding["items"][0]["values"] == {"Name": "Zoë Groß 🙂", "Note": "one\ntwo", "Day": "2026-01-02"}


def test_what_a_person_typed_is_never_run(accounts: Accounts) -> None:
    text = _html(_unpacked(_copy(accounts, Name="<script>alert(1)</script>")))
    assert "<script" not in text


def test_a_file_lies_beside_the_pages_and_is_named_in_them(accounts: Accounts) -> None:
    files = _unpacked(_copy(accounts, files=(("../Rechnung 1.pdf", b"%PDF-1.7 \x00\xff"),)))
    [name] = [name for name in files if "Rechnung" in name]
    assert files[name] == b"%PDF-1.7 \x00\xff"
    assert "/" not in name
    assert name in _html(files)


def test_files_of_one_name_do_not_overwrite_each_other(accounts: Accounts) -> None:
    files = _unpacked(
        _copy(accounts, files=(("a.pdf", b"1"), ("a.pdf", b"2"))), _copy(accounts, files=(("a.pdf", b"3"),))
    )
    assert sorted(content for name, content in files.items() if name.endswith("a.pdf")) == [b"1", b"2", b"3"]


def test_what_is_sealed_is_said_to_follow(accounts: Accounts) -> None:
    files = _unpacked(_copy(accounts, sealed="the vault is locked"))
    [holding] = _json(files)["holdings"]
    assert holding["items"][0]["follows_separately"] == "the vault is locked"


def test_everything_of_article_15_is_told(accounts: Accounts) -> None:
    SiteSettings.objects.create(business_name="B", owner="O", email="k@example.de", supervisory_authority="LfDI Ort")
    text = _html(_unpacked(_copy(accounts, Name="A")))
    for told in ("name", "testing", "§ 0", "nobody", "until the year", "made up", "LfDI Ort", "Art. 17", "Art. 77"):
        assert told in text


def test_holdings_without_anything_of_the_person_are_not_mentioned(accounts: Accounts) -> None:
    assert _json(_unpacked())["holdings"] == []


def test_nothing_is_loaded_from_anywhere(accounts: Accounts) -> None:
    text = _html(_unpacked(_copy(accounts, Name="A")))
    assert not [word for word in ("src=", "href=", "@import", "url(") if word in text]


def test_a_source_whose_values_the_vault_seals_is_opened_with_it(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = OpenVault(sealing.new_key_pair()[1], locks_at=NOON)
    copy = _copy(accounts, sealed="locked")
    monkeypatch.setattr(accounts, "export", lambda subject: [copy])
    monkeypatch.setattr(accounts, "open", lambda copy, given: _copy(accounts, Open=given is vault))
    [told] = registry.export(registry.DataSubject(email="a@example.org"), vault)
    assert told.values == {"Open": True}
    [told] = registry.export(registry.DataSubject(email="a@example.org"), vault.messages())
    assert told == copy, "the lock for messages opens messages only"
