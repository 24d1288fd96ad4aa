"""A crawl that catches a lie: under each value of each setting the thing is done, and compared with what is said.

Every setting stands in `TRIED` or in `NOT_SPOKEN_OF`, every fact of the notice in `COMPARED` or in `NOT_COMPARED`;
a line that is stale fails as one that is missing does.
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone, translation
from pytest_django import Settings

from contact import services as contact
from contact.models import Submission
from customers.clear_file import ClearFile
from customers.models import BillingDocument, Customer
from customers.services.billing import file_billing_document
from customers.services.register import register_customer
from sitebackend import nonce, service_providers
from sitebackend.backup import services as backup
from sitebackend.backup import signing
from sitebackend.backup.models import Backup
from sitebackend.crypto import sealing
from sitebackend.mail.services import deliver_due
from sitebackend.models import SiteSettings
from sitebackend.pages.services import create_starter_pages
from sitebackend.privacy import registry
from sitebackend.privacy.notice.services import typed_sections
from sitebackend.privacy.papers import record
from sitebackend.settings import SETTING_NAMES
from sitebackend.vault.models import Vault
from tests.customers.conftest import statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder")]
WRITTEN = "a message that is nobody's"
FORM = {
    "name": "Ada Crawl",
    "street": "Weg 1",
    "postal_code": "26721",
    "city": "Emden",
    "phone": "04921 55501",
    "email": "ada@example.org",
    "message": WRITTEN,
}

#: Setting → the test here that tries its values.
TRIED = {
    "SITE_URL": "test_the_link_to_the_request_form_is_the_sites_own",
    "ACCESS_LOG": "test_who_keeps_an_access_log_and_how_long",
    "ACCESS_LOG_DAYS": "test_who_keeps_an_access_log_and_how_long",
    "HOSTING_PROVIDER": "test_the_settings_name_of_a_provider_wins",
    "MAIL_PROVIDER": "test_the_settings_name_of_a_provider_wins",
    "CONTACT_MAIL": "test_what_the_mail_to_the_operator_holds",
    "CONTACT_REQUIRED_FIELDS": "test_which_fields_the_form_insists_on",
    "CONTACT_ACKNOWLEDGE": "test_whether_the_sender_gets_a_mail",
    "CONTACT_RETENTION_DAYS": "test_how_long_messages_are_kept",
    "BILLING_RETENTION_YEARS": "test_how_long_billing_documents_are_kept",
    "BACKUP_TARGETS": "test_backups_are_told_as_they_are_made",
    "BACKUP_UPLOAD_COMMAND": "test_backups_are_told_as_they_are_made",
    "BACKUP_MAX_AGE_DAYS": "test_how_old_a_backup_gets",
    "DATABASE_URL": "test_what_lies_on_another_machine_is_told",
    "CACHE_URL": "test_what_lies_on_another_machine_is_told",
    "EMAIL_URL": "test_who_carries_mail_is_told_only_if_mail_is_sent",
    "COOKIE_BANNER": "test_the_cookies_that_are_set",
    "ADMIN_SECOND_FACTOR": "test_the_record_tells_the_second_factor",
}
#: No document speaks of it, because …
NOT_SPOKEN_OF = {
    "SECRET_KEY": "a secret",
    "DATA_DIR": "a place on the server's disk",
    "TRUSTED_PROXIES": "decides whose word on an address counts; none is kept",
    "LOG_LEVEL": "no level logs an address or a message",
    "OPERATOR_EMAIL": "where mail to the operator goes; persons are told the address of the business data",
    "OPERATOR_KEY_FILE": "which key, not whether: without one nothing is taken",
    "VAULT_FINGERPRINT": "pins a key",
    "VAULT_MESSAGES_FINGERPRINT": "pins a key",
    "ALARM_COMMAND": "is given alarms, which name no person",
    "MAIL_FROM": "an address of the business",
}
#: Fact → the test here that does the thing.
COMPARED = {
    "cookies.none_before": "test_the_cookies_that_are_set",
    "cookies.choice": "test_the_cookies_that_are_set",
    "cookies.table": "test_the_cookies_that_are_set",
    "visit.forms": "test_which_pages_ask_for_data",
    "visit.nothing_external": "test_which_pages_ask_for_data",
    "visit.no_log": "test_no_address_is_logged_or_kept",
    "visit.access_log": "test_who_keeps_an_access_log_and_how_long",
    "form.mail": "test_what_the_mail_to_the_operator_holds",
    "form.acknowledgement": "test_whether_the_sender_gets_a_mail",
    "form.period": "test_how_long_messages_are_kept",
    "form.fields": "test_which_fields_the_form_insists_on",
    "requests.fields": "test_what_the_request_form_asks",
    "customers.billing": "test_how_long_billing_documents_are_kept",
    "customers.billing_filed_before": "test_a_document_filed_under_another_period_is_told",
    "customers.source": "test_the_source_of_a_customer_is_told",
    "recipients.intro": "test_the_settings_name_of_a_provider_wins",
    "recipients.providers": "test_the_settings_name_of_a_provider_wins",
    "recipients.third_countries": "test_third_countries_are_told_as_entered",
    "backups.none": "test_backups_are_told_as_they_are_made",
    "backups.encrypted": "test_backups_are_told_as_they_are_made",
    "backups.age": "test_how_old_a_backup_gets",
    "backups.uploaded": "test_backups_are_told_as_they_are_made",
    "rights.form": "test_the_link_to_the_request_form_is_the_sites_own",
    "backup.files": "test_backups_are_told_as_they_are_made",
    "customers.billing table": "test_how_long_billing_documents_are_kept",
}
ELSEWHERE = "no setting changes it; done and compared in "
#: Fact → why nothing is done here to compare it.
NOT_COMPARED = {
    "controller": "the business data, as typed",
    "principles": "what the law asks of the business itself (Art. 5 GDPR)",
    "cookies.counts": ELSEWHERE + "tests/consent/test_counts.py",
    "cookies.hosts": ELSEWHERE + "tests/consent/test_external.py, and by the guard in front of every test",
    "visit.address": "how the internet works",
    "visit.digest": ELSEWHERE + "tests/ops/test_throttle.py",
    "form.purpose": "what the operator does with a message",
    "form.other_ways": "the operator reads mail",
    "requests.basis": "the law",
    "requests.period": "the periods of `retention`; " + ELSEWHERE + "tests/privacy/test_retention.py",
    "customers.basis": ELSEWHERE + "tests/customers/test_register.py",
    "customers.needed": ELSEWHERE + "tests/customers/test_rights.py",
    "customers.technical": ELSEWHERE + "tests/customers/test_technical_gate.py and test_no_way_out.py",
    "recipients.nobody_else": "what the business does; the software's own ways out are named",
    "recipients.external": ELSEWHERE + "tests/consent/test_external.py",
    "backups.restore": ELSEWHERE + "tests/backup/test_histories.py",
    "rights.list": ELSEWHERE + "tests/privacy and tests/customers/test_rights.py",
    "rights.deadline": ELSEWHERE + "tests/privacy/test_deadlines.py",
    "rights.deletion": ELSEWHERE + "tests/privacy/test_erasure.py",
    "objection": "the law",
    "objection.contact": ELSEWHERE + "tests/customers/test_rights.py",
    "complaint": ELSEWHERE + "tests/privacy/test_where_to_complain.py",
}


def sentences() -> dict[str, str]:
    """Fact → what the notice says of it now, in English; several sentences of one fact in one text."""
    told: dict[str, list[str]] = {}
    with translation.override("en"):
        for section in typed_sections():
            for sentence in (each for paragraph in section.paragraphs for each in paragraph):
                told.setdefault(sentence.fact, []).append(str(sentence.text))
            for table in section.tables:
                name = f"{table.fact} table" if table.fact == "customers.billing" else table.fact
                told.setdefault(name, []).append("\n".join(" | ".join(map(str, row)) for row in table.rows))
    return {fact: "\n".join(texts) for fact, texts in told.items()}


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(
        business_name="Netz & Gerät", owner="Jule Ostermann", email="hallo@example.de", street="Am Deich 3",
        postal_code="26721", city="Emden", country="Deutschland",
    )  # fmt: skip


@pytest.fixture
def customer(db: None) -> Customer:
    Vault.objects.create(public_key=sealing.new_key_pair()[0], made_at=timezone.now())
    person = {"last_name": "Crawl", "street": "Weg 1", "postal_code": "26721", "city": "Emden"}
    return register_customer(master_data=person, statements=statements(), recorded_by=None)


def receive(now: datetime | None = None) -> Submission:
    return contact.receive(fields=FORM, reply_to=FORM["email"], nonce=nonce.issue(), now=now or timezone.now())


def file_invoice(customer: Customer, number: str = "R-1") -> BillingDocument:
    return file_billing_document(
        customer=customer, kind="invoice", number=number, issued_on=date(2026, 2, 1), amount=Decimal(119),
        currency="EUR", file=ClearFile("r.pdf", "application/pdf", b"%PDF-1.7 x"),
    )  # fmt: skip


# --- the tables are whole


def test_every_setting_is_tried_or_listed_with_a_reason() -> None:
    assert set(SETTING_NAMES) == set(TRIED) | set(NOT_SPOKEN_OF)
    assert not set(TRIED) & set(NOT_SPOKEN_OF)


def test_every_fact_is_compared_or_listed_with_a_reason(
    settings: Settings, customer: Customer, site: SiteSettings
) -> None:
    settings.CONTACT_ACKNOWLEDGE, settings.HOSTING_PROVIDER = "yes", "Hoster GmbH, Karlsruhe"
    file_invoice(customer)
    settings.BILLING_RETENTION_YEARS = 12
    told = set(sentences())
    settings.BACKUP_TARGETS, settings.BACKUP_UPLOAD_COMMAND = [Path("/media/usb")], ["copy", "{file}"]
    told |= set(sentences())
    holdings = {source.name for source in registry.sources()} - {"backup.files"}
    known = set(COMPARED) | set(NOT_COMPARED)
    with_a_setting = {"cookies.hosts", "recipients.external"}  # only with a provider in use
    assert told - known - (holdings - {"customers.billing"}) == set()
    assert known - told - with_a_setting == set()


@pytest.mark.parametrize("name", sorted({*TRIED.values(), *COMPARED.values()}))
def test_what_the_tables_name_is_a_test(name: str) -> None:
    assert callable(globals()[name])


def test_nothing_is_told_of_operators_accounts() -> None:
    told = sentences()
    assert {"sitebackend.operators", "pages.authorship", "sitebackend.site_settings"} & set(told) == set()
    assert {source.name for source in registry.sources() if source.concerns_the_public} - {"customers.billing"} <= set(
        told
    )


# --- visit, cookies


def test_which_pages_ask_for_data(client: Client) -> None:
    create_starter_pages()
    asking = set()
    for path in ("/", "/kontakt/", "/impressum/", "/datenschutz/", "/cookies/", "/datenschutz/anfrage/", "/suche/"):
        page = client.get(path).content.decode()
        assert re.findall(r'<(?:img|script|iframe|link)[^>]*(?:src|href)="https?://(?!www\.example\.de)', page) == []
        if re.search(r'name="(email|name|phone)"', page.replace('<meta name="', "")):
            asking.add(path)
    assert asking == {"/kontakt/", "/datenschutz/anfrage/"}
    assert "Only two forms" in sentences()["visit.forms"]


@pytest.mark.parametrize("banner", ["always", "needed"])
def test_the_cookies_that_are_set(client: Client, settings: Settings, banner: str) -> None:
    settings.COOKIE_BANNER = banner
    for path in ("/cookies/", "/kontakt/"):
        assert client.get(path).cookies == {}
    assert "no cookie at all" in sentences()["cookies.none_before"]
    (cookie,) = client.post("/cookies/decline/", {"all_groups": "true"}).cookies.values()
    assert f"{int(cookie['max-age']) // 3600} hours" in sentences()["cookies.choice"]
    assert cookie.key in sentences()["cookies.table"]


def test_no_address_is_logged_or_kept(client: Client, operator_key: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    client.get("/kontakt/", REMOTE_ADDR="203.0.113.77", headers={"user-agent": "Crawler/7"})
    client.post("/kontakt/", FORM | {"nonce": "x"}, REMOTE_ADDR="203.0.113.77", headers={"user-agent": "Crawler/7"})
    assert "203.0.113.77" not in caplog.text
    assert "Crawler/7" not in caplog.text
    assert "neither logs nor stores" in sentences()["visit.no_log"]


@pytest.mark.parametrize(
    ("log", "said"), [("none", "No access log"), ("provider", "hosting provider"), ("own", "9 days")]
)
def test_who_keeps_an_access_log_and_how_long(settings: Settings, log: str, said: str) -> None:
    settings.ACCESS_LOG, settings.ACCESS_LOG_DAYS = log, 9
    assert said in sentences()["visit.access_log"]
    assert ("9 days" in sentences()["visit.access_log"]) == (log == "own")
    (delivering,) = [line for line in record.present_version().content["activities"] if "Ausliefern" in line[0]]
    assert ("9 Tage" in str(delivering)) == (log == "own")


# --- forms


@pytest.mark.parametrize("way", ["plain", "pgp", "notice"])
def test_what_the_mail_to_the_operator_holds(settings: Settings, operator_key: Path, way: str) -> None:
    settings.CONTACT_MAIL = way
    receive()
    deliver_due(timezone.now())
    (sent,) = mail.outbox
    source = sent.message().as_string()
    said = sentences()["form.mail"]
    assert (WRITTEN in source) == ("unencrypted e-mail" in said) == (way == "plain")
    assert ("BEGIN PGP MESSAGE" in source) == ("encrypted e-mail (OpenPGP)" in said) == (way == "pgp")
    assert ("only says that a message is waiting" in said) == (way == "notice")
    assert WRITTEN not in Submission.objects.get().message.armoured
    told = str(registry.source("contact.mailbox").describe().categories)
    assert ("durch das Formular" in told or "über das Formular" in told) == (way != "notice")


@pytest.mark.parametrize("acknowledge", ["yes", "no"])
def test_whether_the_sender_gets_a_mail(settings: Settings, operator_key: Path, acknowledge: str) -> None:
    settings.CONTACT_ACKNOWLEDGE = acknowledge
    receive()
    deliver_due(timezone.now())
    to_sender = [sent for sent in mail.outbox if sent.to == [FORM["email"]]]
    assert bool(to_sender) == ("form.acknowledgement" in sentences()) == (acknowledge == "yes")
    assert all(WRITTEN not in str(sent.body) for sent in to_sender)


@pytest.mark.parametrize("required", [["name", "message"], ["email"], list(FORM)])
def test_which_fields_the_form_insists_on(
    client: Client, settings: Settings, operator_key: Path, required: list[str]
) -> None:
    settings.CONTACT_REQUIRED_FIELDS = required
    form = client.post("/kontakt/", {"nonce": "x"}).context["form"]
    assert set(form.errors) - {"__all__"} == set(required)
    rows = [line.rpartition(" | ")[2] for line in sentences()["form.fields"].splitlines()]
    assert rows == ["required field" if name in required else "voluntary" for name in settings.CONTACT_FIELDS]


def test_what_the_request_form_asks(client: Client) -> None:
    form = client.post("/datenschutz/anfrage/", {"nonce": "x"}).context["form"]
    assert set(form.errors) - {"__all__"} == {"kind", "name", "email"}
    assert {"number", "message"} < set(form.fields)
    assert "voluntary" in sentences()["requests.fields"]


@pytest.mark.parametrize("periods", [{}, {"done": 30, "open": 30, "suspect": 30}, {"suspect": 10}])
def test_how_long_messages_are_kept(
    client: Client, settings: Settings, operator_key: Path, periods: dict[str, int]
) -> None:
    settings.CONTACT_RETENTION_DAYS = periods
    receive(timezone.now() - timedelta(days=40))
    (source,) = [each for each in registry.sources() if each.name == "contact.submissions"]
    going = [row for step in source.due(timezone.localdate()) if step.action == "delete" for row in step.rows]
    said = sentences()["form.period"]
    assert bool(going) == ("open" in periods)
    assert ("30 days" in said) == ("open" in periods)
    assert ("until your matter is settled" in said) == ("open" not in periods)
    with translation.override("en"):
        assert str(source.describe().retention) == said
    assert said in " ".join(client.get("/en/kontakt/").content.decode().split())


# --- customers


@pytest.mark.parametrize("years", [3, 8, 10, 12])
def test_how_long_billing_documents_are_kept(settings: Settings, customer: Customer, years: int) -> None:
    settings.BILLING_RETENTION_YEARS = years
    document = file_invoice(customer)
    kept, by_law = (day.year - 2026 for day in (document.kept_until, document.statutory_until))
    told = sentences()
    for said in (told["customers.billing"], told["customers.billing table"]):
        assert f"for {by_law} calendar years" in said
        assert (f"end of the {kept}th year" in said) == (kept > by_law)
        assert ("Art. 6(1)(f)" in said) == (kept > by_law)
    assert "customers.billing_filed_before" not in told


def test_a_document_filed_under_another_period_is_told(settings: Settings, customer: Customer) -> None:
    settings.BILLING_RETENTION_YEARS = 12
    file_invoice(customer)
    settings.BILLING_RETENTION_YEARS = 10
    assert "12 calendar years" in sentences()["customers.billing_filed_before"]


@pytest.mark.parametrize("source", list(Customer.Source))
def test_the_source_of_a_customer_is_told(customer: Customer, source: Customer.Source) -> None:
    Customer.objects.filter(pk=customer.pk).update(source=source, created_at=datetime(2026, 3, 4, 12, tzinfo=UTC))
    subject = registry.DataSubject(customer_number=customer.number)
    (copy,) = [each for each in registry.export(subject) if each.item.source == "customers.master_data"]
    with translation.override("de"):
        assert any("4. März 2026" in str(value) and str(source.label) in str(value) for value in copy.values.values())
    assert "Your copy tells which" in sentences()["customers.source"]


# --- recipients, backups


@pytest.mark.parametrize("setting", ["HOSTING_PROVIDER", "MAIL_PROVIDER"])
def test_the_settings_name_of_a_provider_wins(settings: Settings, setting: str) -> None:
    field, contract = setting.lower(), setting.lower().replace("provider", "contract_on")
    SiteSettings.objects.update(**{field: "Aus den Geschäftsdaten, Emden", contract: date(2026, 5, 4)})
    assert "Aus den Geschäftsdaten, Emden" in sentences()["recipients.providers"]
    setattr(settings, setting, "Aus der Einstellung GmbH, Ulm")
    said = sentences()["recipients.providers"]
    assert "Aus der Einstellung GmbH, Ulm" in said
    assert "Aus den Geschäftsdaten" not in said
    assert "May 4, 2026" in said
    assert "Aus der Einstellung GmbH, Ulm" in str(record.present_version().content)


def test_third_countries_are_told_as_entered(settings: Settings) -> None:
    settings.HTTPS, settings.SENDS_MAIL, settings.HOSTING_PROVIDER = True, True, "Hoster GmbH"
    assert service_providers.nameless() != []
    SiteSettings.objects.update(third_countries="keine")
    assert "on request" in sentences()["recipients.third_countries"]
    settings.MAIL_PROVIDER = "Mail GmbH"
    assert "None of them" in sentences()["recipients.third_countries"]
    SiteSettings.objects.update(third_countries="USA (Art. 45)")
    assert "USA (Art. 45)" in sentences()["recipients.third_countries"]
    SiteSettings.objects.update(third_countries="")
    assert "on request" in sentences()["recipients.third_countries"]


@pytest.mark.parametrize("sends", [True, False])
def test_who_carries_mail_is_told_only_if_mail_is_sent(settings: Settings, sends: bool) -> None:
    settings.SENDS_MAIL = sends
    with translation.override("en"):
        assert ("e-mail" in [provider.task for provider in service_providers.in_use()]) == sends


@pytest.mark.parametrize(
    ("host", "is_told"),
    [("", False), ("/run/postgresql", False), ("127.0.0.1", False), ("db.example.de", True)],
)
def test_what_lies_on_another_machine_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, host: str, is_told: bool
) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", host)
    location = "" if host.startswith("/") or not host else f"redis://:secret@{host}:6379/1"
    monkeypatch.setitem(settings.CACHES["default"], "LOCATION", location)
    codes = {provider.code for provider in service_providers.in_use()}
    assert ("database" in codes) == ("cache" in codes) == is_told
    SiteSettings.objects.update(further_providers="Datenbank: Server GmbH, Köln")
    said = {str(provider) for provider in service_providers.in_use()}
    assert "Datenbank: Server GmbH, Köln" in said


@pytest.mark.parametrize(("targets", "upload"), [(0, False), (1, False), (0, True), (1, True)])
def test_backups_are_told_as_they_are_made(
    settings: Settings, tmp_path: Path, operator_key: Path, targets: int, upload: bool
) -> None:
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    signing.ensure()
    settings.BACKUP_TARGETS = [tmp_path] if targets else []
    settings.BACKUP_UPLOAD_COMMAND = ["copy", "{file}"] if upload else []
    told = sentences()
    assert ("backups.none" in told) == (not targets and not upload)
    assert ("backups.age" in told) == bool(targets)
    assert ("backups.uploaded" in told) == upload
    assert ("storage provider" in told["backup.files"]) == upload
    assert ("storage" in told["recipients.providers"]) == upload
    if not targets and not upload:
        assert backup.create_if_due(timezone.now()) == 0
        assert not Backup.objects.exists()


@pytest.mark.parametrize("age", [7, 90])
def test_how_old_a_backup_gets(settings: Settings, tmp_path: Path, age: int) -> None:
    settings.BACKUP_TARGETS, settings.BACKUP_MAX_AGE_DAYS = [tmp_path], age
    assert f"{age} days" in sentences()["backups.age"]
    assert f"{age} days" in sentences()["backup.files"]


# --- the rest


@pytest.mark.parametrize("url", ["https://www.example.de", "http://127.0.0.1:8000"])
def test_the_link_to_the_request_form_is_the_sites_own(client: Client, settings: Settings, url: str) -> None:
    settings.SITE_URL = url
    said = sentences()["rights.form"]
    (found,) = re.findall(re.escape(url) + r"(/\S+)", said)
    assert client.get(found).status_code == 200
    create_starter_pages()
    footer = client.get("/kontakt/").content.decode()
    assert footer.count('href="/datenschutz/anfrage/"') == 2  # beside the form, and in the footer


@pytest.mark.parametrize(("value", "said"), [("required", "zweiten Faktor"), ("optional", "freiwillig")])
def test_the_record_tells_the_second_factor(settings: Settings, value: str, said: str) -> None:
    settings.ADMIN_SECOND_FACTOR = value
    assert said in str(record.present_version().content["measures"])
