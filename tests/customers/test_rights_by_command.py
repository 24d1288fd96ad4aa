"""The same rights at the terminal: shown first, done with --yes, and the copy as a file for its owner alone."""

import zipfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from customers.models import Customer
from customers.services.technical import add_technical_record
from sitebackend.models import SiteSettings
from sitebackend.privacy import journal
from sitebackend.vault import services as vault
from tests.customers.conftest import MASTER_DATA, agree_to_technical_data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder", "in_english")]
HER = ("--email", MASTER_DATA["email"])


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(business_name="B", owner="O", email="k@example.de")


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("subject", *arguments, stdout=out)
    return out.getvalue()


def test_restricting_shows_first_and_acts_when_told(customer: Customer) -> None:
    assert str(customer.pk) in run("restrict", *HER)
    assert customer.restricted_since is None
    assert "customers.master_data  art-18-restrict  1" in run("restrict", *HER, "--yes")
    assert customer.restricted_since is not None


def test_correcting_shows_the_values_and_takes_over_the_right_one(customer: Customer) -> None:
    assert f"street: {MASTER_DATA['street']}" in run("rectify", *HER)
    run("rectify", *HER, "--set", "street=Neuer Weg 1 = b", "--yes")
    customer.refresh_from_db()
    assert customer.street == "Neuer Weg 1 = b"


def test_an_implausible_correction_ends_with_its_reason(customer: Customer) -> None:
    with pytest.raises(CommandError):
        run("rectify", *HER, "--set", "email=none", "--yes")
    assert journal.position() == 0


def test_of_two_at_one_address_one_must_be_named(customer: Customer, new_customer: Callable[..., Customer]) -> None:
    new_customer(phone="040 1", last_name="Andere", postal_code="20095")
    with pytest.raises(CommandError, match="--person"):
        run("rectify", *HER, "--set", "street=Neuer Weg 1", "--yes")


def test_objecting_closes_the_named_purpose(new_customer: Callable[..., Customer]) -> None:
    kept = new_customer({"retention": "given"})
    assert "retention" in run("object", *HER)
    assert "art-21-retention  1" in run("object", *HER, "--purpose", "retention", "--channel", "mail", "--yes")
    kept.refresh_from_db()
    assert kept.do_not_contact
    with pytest.raises(CommandError, match="Choose"):
        run("object", *HER, "--purpose", "retention", "--yes")


def test_the_copy_goes_into_a_new_file_for_its_owner_alone(customer: Customer, tmp_path: Path) -> None:
    file = tmp_path / "copy.zip"
    run("export", *HER, "--zip", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as opened:
        assert sorted(name.rpartition(".")[2] for name in opened.namelist()) == ["csv", "html", "json", "pdf", "vcf"]
    with pytest.raises(CommandError, match="there already"):
        run("export", *HER, "--zip", str(file))


def test_what_the_vault_seals_comes_with_its_passphrase_only(
    customer: Customer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vault_key: bytes
) -> None:
    agree_to_technical_data(customer)
    add_technical_record(customer=customer, kind="network", content={"name": "Backstube"})
    file = tmp_path / "copy.zip"
    with pytest.raises(CommandError, match="--vault"):
        run("export", *HER, "--zip", str(file))
    monkeypatch.setenv("VAULT_PASSPHRASE", "the right one")
    monkeypatch.setattr(vault, "tested", lambda operator, passphrase, lock: vault_key if "right" in passphrase else b"")
    run("export", *HER, "--zip", str(file), "--vault")
    with zipfile.ZipFile(file) as opened:
        page = next(opened.read(name) for name in opened.namelist() if name.endswith(".html"))
    assert "Backstube" in page.decode()
