"""The operator key in the admin, and in the Web Key Directory."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from contact.key_directory import digest_of
from contact.models import KeyTrial
from sitebackend import operator_key as keys
from sitebackend.crypto import openpgp
from sitebackend.models import Operator
from tests.conftest import PASSPHRASE
from tests.contact.conftest import word_of

pytestmark = pytest.mark.django_db
PAGE = "/admin/contact/submission/key/"


@pytest.fixture(scope="session")
def next_key() -> tuple[bytes, bytes]:
    return openpgp.generate("Next <next@example.de>", passphrase=PASSPHRASE, days=100)


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(Operator.objects.create_superuser("chefin"))
    return client


def upload(operator: Client, content: bytes) -> Any:
    return operator.post(PAGE, {"file": SimpleUploadedFile("key.asc", content)})


def fingerprints() -> list[str]:
    return [certificate.fingerprint for certificate in keys.usable_certificates()]


def test_the_page_shows_each_key_and_why_one_is_out_of_use(
    operator: Client, operator_key: Path, settings: Settings, tmp_path: Path
) -> None:
    settings.OPERATOR_KEY_FILE = [operator_key, tmp_path / "gone.asc"]
    page = operator.get(reverse("admin:contact_submission_key")).content.decode()
    assert fingerprints()[0] in page
    assert str(tmp_path / "gone.asc") in page


def test_an_uploaded_key_takes_the_place_and_the_one_before_stays_a_recipient(
    operator: Client, operator_key: Path, next_key: tuple[bytes, bytes], settings: Settings, tmp_path: Path
) -> None:
    settings.OPERATOR_KEY_FILE = [operator_key, tmp_path / "before.asc"]
    before, after = fingerprints()[0], openpgp.inspect(next_key[0]).fingerprint
    for _once_and_again in range(2):
        assert upload(operator, next_key[0]).status_code == 302
        for trial in KeyTrial.objects.all():
            assert fingerprints() == [before]
            assert operator.post(f"{PAGE}word/", {"word": word_of(trial, next_key[1])}).status_code == 302
        assert fingerprints() == [after, before]
    assert keys.encrypt(b"x")[1] == [after, before]


@pytest.mark.parametrize("what", ["secret", "rubbish", "empty"])
def test_what_is_no_public_key_is_refused_and_changes_nothing(
    operator: Client, operator_key: Path, key_pair: tuple[bytes, bytes], what: str
) -> None:
    before = operator_key.read_bytes()
    answer = upload(operator, {"secret": key_pair[1], "rubbish": b"\0\xff", "empty": b""}[what])
    assert answer.status_code == 422
    assert b"PRIVATE KEY" not in answer.content
    assert operator_key.read_bytes() == before


def test_a_file_that_may_not_be_written_is_said_at_the_form(
    operator: Client, settings: Settings, next_key: tuple[bytes, bytes]
) -> None:
    settings.OPERATOR_KEY_FILE = [Path("/proc/self/operator.asc")]  # where not even root may make a file
    assert upload(operator, next_key[0]).status_code == 422


def test_the_digest_is_the_one_of_the_draft() -> None:
    assert digest_of("Joe.Doe") == "iy9q119eutrkn8s1mk4r39qejnbu3n5q"


@pytest.mark.parametrize("middle", ["", "example.de/"])
def test_a_mail_program_finds_the_key_by_the_address(
    client: Client, operator_key: Path, key_pair: tuple[bytes, bytes], middle: str
) -> None:
    folder = f"/.well-known/openpgpkey/{middle}"
    answer = client.get(f"{folder}hu/{digest_of('operator')}", {"l": "operator"})
    assert openpgp.inspect(answer.content).fingerprint == fingerprints()[0]
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert (client.get(f"{folder}policy").status_code, client.get(f"{folder}policy").content) == (200, b"")


def test_other_addresses_other_domains_and_other_hosts_get_nothing(
    client: Client, operator_key: Path, settings: Settings
) -> None:
    hashed = digest_of("operator")
    folder = "/.well-known/openpgpkey/"
    assert client.get(f"{folder}hu/{digest_of('somebody')}").status_code == 404
    assert client.get(f"{folder}example.org/hu/{hashed}").status_code == 404
    settings.SITE_URL = "https://hosting.example.org"
    assert client.get(f"{folder}hu/{hashed}").status_code == 404
    assert client.get(f"{folder}policy").status_code == 404
