"""A crawl that catches a lie: under each value of each setting the thing is done, and compared with what is said.

Every setting stands in `TRIED` or in `NOT_SPOKEN_OF`, every fact of the notice in `COMPARED` or in `NOT_COMPARED`;
a line that is stale fails as one that is missing does.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.message import Message
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from cookie_consent.models import CookieGroup
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client
from django.utils import timezone, translation
from django.utils.formats import date_format
from pytest_django import Settings

from consent import offer, providers
from consent.models import ExternalHost, GroupWording
from contact import health as contact_health
from contact import reading, withdrawal
from contact import services as contact
from contact.models import Preview, ReadingKey, ReplyAddress, Submission, Verdict
from customers import health as customers_health
from customers.clear_file import ClearFile
from customers.importing.rows import Agreement
from customers.importing.table import read_csv
from customers.models import BillingDocument, Customer
from customers.services.billing import file_billing_document
from customers.services.imports import Order, import_customers, preview
from customers.services.register import register_customer
from sitebackend import handover, nonce, retention
from sitebackend.backup import container, signing
from sitebackend.backup import services as backup
from sitebackend.crypto import openpgp, sealing
from sitebackend.mail.services import deliver_due
from sitebackend.models import Operator, SiteSettings
from sitebackend.pages.services import create_starter_pages
from sitebackend.privacy import registry, service_providers
from sitebackend.privacy.notice.services import typed_sections
from sitebackend.privacy.papers import measures, record
from sitebackend.settings import SETTING_NAMES
from sitebackend.vault.models import Vault
from tests.conftest import PASSPHRASE
from tests.consent.conftest import KARTEN, Visitor
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
PERSON = {"last_name": "Crawl", "street": "Weg 1", "postal_code": "26721", "city": "Emden"}

#: Setting → the test here that tries its values.
TRIED = {
    "SITE_URL": "test_the_link_to_the_request_form_is_the_sites_own",
    "ACCESS_LOG": "test_who_keeps_an_access_log_and_how_long",
    "ACCESS_LOG_DAYS": "test_who_keeps_an_access_log_and_how_long",
    "HOSTING_PROVIDER": "test_the_settings_name_of_a_provider_wins",
    "MAIL_PROVIDER": "test_the_settings_name_of_a_provider_wins",
    "CONTACT_MAIL": "test_what_the_mail_to_the_operator_holds",
    "CONTACT_REPLY_TO": "test_where_the_senders_address_stands",
    "CONTACT_REQUIRED_FIELDS": "test_which_fields_the_form_insists_on",
    "CONTACT_ACKNOWLEDGE": "test_whether_the_sender_gets_a_mail",
    "CONTACT_RETENTION_DAYS": "test_how_long_messages_are_kept",
    "BILLING_RETENTION_YEARS": "test_how_long_billing_documents_are_kept",
    "CUSTOMER_INACTIVE_YEARS": "test_after_how_long_a_silence_is_asked_about",
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
    "TIME_SOURCE": "is asked for the time by the server itself, and told of nobody",
    "MAIL_FROM": "an address of the business",
    "EMAIL_HOST": "as EMAIL_URL, which is tried: the documents name who runs it",
    "EMAIL_PORT": "a number of the mail server",
    "EMAIL_USER": "an address of the business",
    "EMAIL_PASSWORD": "a secret",
    "EMAIL_SECURITY": "mail leaves this machine under TLS in every case",
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
    "form.reply_to": "test_where_the_senders_address_stands",
    "form.suspects": "test_what_looks_like_advertising_is_not_mailed",
    "spam.learning": "test_that_the_spam_filter_learns_is_told_where_messages_are_read",
    "form.acknowledgement": "test_whether_the_sender_gets_a_mail",
    "form.period": "test_how_long_messages_are_kept",
    "form.withdrawal": "test_for_how_long_a_message_can_be_taken_back",
    "form.fields": "test_which_fields_the_form_insists_on",
    "requests.fields": "test_what_the_request_form_asks",
    "customers.billing": "test_how_long_billing_documents_are_kept",
    "customers.billing_filed_before": "test_a_document_filed_under_another_period_is_told",
    "customers.inactive": "test_after_how_long_a_silence_is_asked_about",
    "customers.source": "test_the_source_of_a_customer_is_told",
    "customers.source_unknown": "test_the_source_of_a_customer_is_told",
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
    "spam.signs": ELSEWHERE + "tests/contact/test_spam_signs.py",
    "spam.bursts": ELSEWHERE + "tests/contact/test_spam_signs.py",
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


def record_measures() -> str:
    """The technical and organisational measures of the record, in English."""
    with translation.override("en"):
        return str(measures.measures())


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
def vault(db: None) -> None:
    Vault.objects.create(public_key=sealing.new_key_pair()[0], made_at=timezone.now())


@pytest.fixture
def customer(vault: None) -> Customer:
    return register_customer(master_data=PERSON, statements=statements(), recorded_by=None)


def receive(now: datetime | None = None, **changes: str) -> Submission:
    fields = FORM | changes
    return contact.receive(fields=fields, reply_to=FORM["email"], nonce=nonce.issue(), now=now or timezone.now())


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
    Customer.objects.update(source=Customer.Source.UNKNOWN)
    settings.BILLING_RETENTION_YEARS = 12
    told = set(sentences())
    settings.BACKUP_TARGETS, settings.BACKUP_UPLOAD_COMMAND = [Path("/media/usb")], ["copy", "{file}"]
    told |= set(sentences())
    holdings = {source.name for source in registry.sources()} - {"backup.files"}
    known = set(COMPARED) | set(NOT_COMPARED)
    with_a_setting = {"cookies.hosts", "recipients.external", "spam.learning"}  # a provider in use, reading here
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
@pytest.mark.parametrize("button", ["accept", "decline"])
@pytest.mark.parametrize("with_provider", [True, False])
def test_the_cookies_that_are_set(settings: Settings, banner: str, button: str, with_provider: bool) -> None:
    settings.COOKIE_BANNER = banner
    create_starter_pages()
    if with_provider:
        rows = {"cookie_group": CookieGroup, "group_wording": GroupWording, "external_host": ExternalHost}
        providers.write(KARTEN, varname=KARTEN.varname, ordering=2, **rows)
    offer.forget()
    visitor, said = Visitor(), sentences()
    for path in ("/", "/cookies/", "/kontakt/", "/datenschutz/", "/datenschutz/anfrage/"):
        answer = visitor.get(path)
        assert (answer.status_code, answer.cookies) == (200, {})
    assert "no cookie at all" in said["cookies.none_before"]
    (cookie,) = visitor.post(f"/cookies/{button}/", {"all_groups": "true"}).cookies.values()
    assert f"for {int(cookie['max-age']) // 3600} hours" in said["cookies.choice"]
    assert cookie.key in said["cookies.table"]
    assert ("cookies.hosts" in said) == ("recipients.external" in said) == with_provider
    assert ("maps.example.org" in said.get("cookies.hosts", "")) == with_provider


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


def test_the_shipped_rule_lets_the_access_log_go_after_the_default() -> None:
    shipped = Path(__file__).parents[2] / "deploy" / "logrotate.conf"
    old_files = {
        int(number) for number in re.findall(r"^ +(?:rotate|maxage) (\d+)$", shipped.read_text(), re.MULTILINE)
    }
    assert old_files == {django_settings.ACCESS_LOG_DAYS - 1}  # and today's


# --- forms


def _decoded(message: Message) -> str:
    """What a reader of the mail sees, however it is encoded on its way."""
    parts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    return "\n".join([*message.values(), *(part.decode() for part in parts if isinstance(part, bytes))])


@pytest.mark.parametrize("way", ["plain", "pgp", "notice"])
def test_what_the_mail_to_the_operator_holds(
    settings: Settings, operator_key: Path, key_pair: tuple[bytes, bytes], way: str
) -> None:
    def opened(text: str) -> str:
        (message,) = re.findall("-----BEGIN PGP MESSAGE-----.*?-----END PGP MESSAGE-----", text, re.DOTALL)
        return openpgp.decrypt(message.encode(), secret_key=key_pair[1], passphrase=PASSPHRASE).decode()

    settings.CONTACT_MAIL = way
    receive()
    deliver_due(timezone.now())
    (sent,) = mail.outbox
    source = _decoded(sent.message())
    said = sentences()["form.mail"]
    for field in ("name", "phone", "message"):  # the address has a setting of its own
        assert (FORM[field] in source) == ("unencrypted e-mail" in said) == (way == "plain"), field
    assert ("BEGIN PGP MESSAGE" in source) == ("encrypted e-mail (OpenPGP)" in said) == (way == "pgp")
    assert way != "pgp" or WRITTEN in opened(source)
    assert ("only says that a message is waiting" in said) == (way == "notice")
    assert WRITTEN in opened(Submission.objects.get().message.armoured)
    assert "permanently encrypted" in said or "permanently encrypted as well" in said
    told = str(registry.source("contact.mailbox").describe().categories)
    assert ("durch das Formular" in told or "über das Formular" in told) == (way != "notice")


@pytest.mark.parametrize("where", ["outside", "inside"])
@pytest.mark.parametrize("way", ["plain", "pgp", "notice"])
def test_where_the_senders_address_stands(settings: Settings, operator_key: Path, way: str, where: str) -> None:
    settings.CONTACT_MAIL, settings.CONTACT_REPLY_TO = way, where
    submission = receive()
    deliver_due(timezone.now())
    if way == "plain":  # one that is sent again is encrypted
        contact.send_again(submissions=Submission.objects.filter(pk=submission.pk), now=timezone.now())
        deliver_due(timezone.now())
    source = mail.outbox[-1].message().as_string()
    said = sentences().get("form.reply_to", "")
    assert ("BEGIN PGP MESSAGE" in source) == (way != "notice")
    assert (FORM["email"] in source) == ("readable in" in said) == (where == "outside" and way != "notice")
    assert ReplyAddress.objects.exists() == ("lies beside it" in said) == ("readable in" in said)
    assert ("encrypted part of the e-mail only" in said) == (way == "pgp" and where == "inside")
    measures = str(record_measures())
    assert ("sealed beside each message" in measures) == ("lies beside it" in said)
    location = str(registry.source("contact.submissions").describe().location)
    assert ("daneben die Adresse" in location) == ("lies beside it" in said)


@pytest.mark.parametrize("is_read_here", [True, False])
def test_there_is_a_preview_where_messages_are_read_as_is_told(
    operator_key: Path, vault: None, is_read_here: bool
) -> None:
    if is_read_here:
        ReadingKey.objects.create(sealed_passphrase=b"x")
    receive()
    assert Preview.objects.exists() == is_read_here
    location = str(registry.source("contact.submissions").describe().location)
    assert "wo Nachrichten hier gelesen werden: Absender und erste Worte" in location


@pytest.mark.parametrize("way", ["plain", "pgp", "notice"])
def test_what_looks_like_advertising_is_not_mailed(settings: Settings, operator_key: Path, way: str) -> None:
    settings.CONTACT_MAIL = way
    contact.receive(fields=FORM, reply_to=FORM["email"], nonce=nonce.issue(), honeypot="x", now=timezone.now())
    deliver_due(timezone.now())
    assert mail.outbox == []
    assert Submission.objects.get().message.armoured.startswith("-----BEGIN PGP MESSAGE-----")
    assert "is not mailed" in sentences()["form.suspects"]


@pytest.mark.parametrize("is_read_here", [True, False])
def test_that_the_spam_filter_learns_is_told_where_messages_are_read(
    monkeypatch: pytest.MonkeyPatch, is_read_here: bool
) -> None:
    monkeypatch.setattr(reading, "is_possible", lambda: is_read_here)
    assert ("spam.learning" in sentences()) == is_read_here


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


def test_for_how_long_a_message_can_be_taken_back(operator_key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "TAKEN_BACK_WITHIN", timedelta(minutes=25))
    now = timezone.now()
    early, late = (receive(now, message=f"{WRITTEN}, {word}") for word in ("early", "late"))
    assert "For 25 minutes" in sentences()["form.withdrawal"]
    withdrawal.take_back(submission=early, now=now + timedelta(minutes=24))
    with pytest.raises(withdrawal.TooLate):
        withdrawal.take_back(submission=late, now=now + timedelta(minutes=26))
    assert list(Submission.objects.all()) == [late]
    deliver_due(now)
    (sent,) = mail.outbox
    assert late.reference in sent.subject


STATES = {"done": "messages seen to", "open": "open messages", "suspect": "named to us by e-mail"}


def told_days(said: str, state: str) -> int | None:
    """After how many days a message in `state` goes, as the sentence says it; None: by no period."""
    if state == "suspect":
        found = re.search(r"named to us by e-mail and deleted (\d+) days? after that", said)
    else:
        found = re.search(rf"(?:{STATES[state]}:|Messages are deleted after) (\d+) days?", said)
    return int(found[1]) if found else None


@pytest.mark.parametrize(
    "periods",
    [{}, {"done": 30, "open": 30, "suspect": 30}, {"suspect": 10}, {"done": 1, "open": 800, "suspect": 10}],
)
def test_how_long_messages_are_kept(
    client: Client, settings: Settings, operator_key: Path, periods: dict[str, int]
) -> None:
    settings.CONTACT_RETENTION_DAYS = periods
    at = datetime(2023, 3, 4, 22, 30, tzinfo=UTC)
    rows = {state: receive(at, message=f"{WRITTEN}, {state}") for state in STATES}
    Submission.objects.filter(pk=rows["done"].pk).mark_done(at)
    Submission.objects.filter(pk=rows["suspect"].pk).update(verdict=Verdict.SUSPECT, told_at=at)
    source, said = registry.source("contact.submissions"), sentences()["form.period"]

    def goes(state: str, day: date) -> bool:
        return any(rows[state].pk in step.rows for step in source.due(day) if step.action == "delete")

    for state in STATES:
        last = at.date() + timedelta(days=told_days(said, state) or 36_500)
        assert not goes(state, last), state
        assert goes(state, last + timedelta(days=1)) == (state in periods or state == "suspect"), state
    Submission.objects.update(told_at=None)
    assert not goes("suspect", at.date() + timedelta(days=36_500)), "no mail that names it was taken"
    asked = sum(int(finding.figure or 0) for finding in contact_health.to_look_through(timezone.now()))
    assert asked == len({"done", "open"} - periods.keys())
    assert ("once a year we look" in said) == bool(asked)
    with translation.override("en"):
        assert str(source.describe().retention) == said
    assert said in " ".join(unescape(client.get("/en/kontakt/").content.decode()).split())


# --- customers


@pytest.mark.parametrize("years", [3, 8, 10, 12])
@pytest.mark.parametrize("objects", [True, False])
def test_how_long_billing_documents_are_kept(settings: Settings, customer: Customer, years: int, objects: bool) -> None:
    settings.BILLING_RETENTION_YEARS = years
    document = file_invoice(customer)
    if objects:
        BillingDocument.objects.all().end_with_the_law(date(2026, 6, 1))
    source, told = registry.source("customers.billing"), sentences()
    for said in (told["customers.billing"], told["customers.billing table"]):
        (by_law,) = map(int, re.findall(r"for (\d+) calendar years after the year of their date", said))
        beyond = [int(year) for year in re.findall(r"until the end of the (\d+)th year", said)]
        assert ("if you object, they go at once when the time of the law is over" in said) == bool(beyond)
        assert ("Art. 6(1)(f)" in said) == bool(beyond)
        last = date(2026 + (by_law if objects else max([by_law, *beyond])), 12, 31)
        going = [
            {row for step in source.due(day) if step.action == "delete" for row in step.rows}
            for day in (last, last + timedelta(days=1))
        ]
        assert going == [set(), {document.pk}]
    assert "customers.billing_filed_before" not in told


def test_a_document_filed_under_another_period_is_told(settings: Settings, customer: Customer) -> None:
    settings.BILLING_RETENTION_YEARS = 12
    file_invoice(customer)
    settings.BILLING_RETENTION_YEARS = 10
    assert "12 calendar years" in sentences()["customers.billing_filed_before"]


@pytest.mark.parametrize("years", [1, 3, 10])
def test_after_how_long_a_silence_is_asked_about(settings: Settings, customer: Customer, years: int) -> None:
    settings.CUSTOMER_INACTIVE_YEARS = years
    heard = timezone.now()
    asked = [
        sum(int(finding.figure or 0) for finding in customers_health.inactive(heard + timedelta(days=days)))
        for days in (years * 365 - 1, years * 366 + 1)
    ]
    assert asked == [0, 1]
    with translation.override("en"):
        (told,) = re.findall(r"for (\d+) years?", sentences()["customers.inactive"])
        assert retention.of_customers() in str(registry.source("customers.master_data").describe().retention)
    assert int(told) == years


def told_by_the_person(by: Operator) -> Customer:
    return register_customer(master_data=PERSON, statements=statements(), recorded_by=by)


def taken_from_a_message(by: Operator) -> Customer:
    return handover.make_customer(submission=receive(), master_data=PERSON, statements=statements(), recorded_by=by)


def taken_from_a_file(by: Operator) -> Customer:
    table = read_csv("Nachname;Straße;PLZ;Ort\nCrawl;Weg 1;26721;Emden\n")
    order = Order(
        table=table,
        targets=["last_name", "street", "postal_code", "city"],
        agreement=Agreement(
            decisions={"contract": "contract", "invoicing": "contract", "retention": "refused"},
            given_at=None,
            channel="meeting",
            form="oral",
        ),
    )
    digest = preview(order).digest
    (outcome,) = import_customers(order=order, digest=digest, recorded_by=by, done=lambda _customer: None)
    assert outcome.customer, outcome.problem
    return outcome.customer


@pytest.mark.parametrize(
    ("way", "source"),
    [
        (told_by_the_person, Customer.Source.TOLD),
        (taken_from_a_message, Customer.Source.MESSAGE),
        (taken_from_a_file, Customer.Source.IMPORT),
    ],
)
def test_the_source_of_a_customer_is_told(
    vault: None, operator_key: Path, way: Callable[[Operator], Customer], source: Customer.Source
) -> None:
    customer = way(Operator.objects.create_superuser("operator"))
    subject = registry.DataSubject(customer_number=customer.number)
    (copy,) = [each for each in registry.export(subject) if each.item.source == "customers.master_data"]
    with translation.override("de"):
        today = date_format(timezone.localdate())
        assert any(today in str(value) and str(source.label) in str(value) for value in copy.values.values())
        others = [str(other.label) for other in Customer.Source if other != source]
        assert not any(label in str(value) for label in others for value in copy.values.values())
    assert "your copy tells from where, and the day" in sentences()["customers.source"]
    assert "customers.source_unknown" not in sentences()
    Customer.objects.update(source=Customer.Source.UNKNOWN)
    assert "is not on record" in sentences()["customers.source_unknown"]


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


@pytest.fixture
def places(settings: Settings, tmp_path: Path, operator_key: Path) -> dict[str, Path]:
    """A disk, and a storage provider that only the upload command reaches; neither is set yet."""
    settings.DATA_DIR = tmp_path / "data"
    found = {name: tmp_path / name for name in ("data", "disk", "provider")}
    for folder in found.values():
        folder.mkdir()
    signing.ensure()
    return found


def is_opened(file: Path, secret_key: bytes | None) -> bool:
    try:
        container.read(
            file,
            BytesIO(),
            public_key=signing.public_key(),
            secret_key=secret_key,
            passphrase=PASSPHRASE,
            on_share=lambda _share: None,
        )
    except openpgp.OpenPGPError:
        return False
    return True


def letter_on_copies() -> str:
    """What the letter about an erasure says of the backups."""
    with translation.override("en"):
        return " ".join(registry.outlasting())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("targets", "upload"), [(False, False), (True, False), (False, True), (True, True)])
def test_backups_are_told_as_they_are_made(
    settings: Settings, places: dict[str, Path], key_pair: tuple[bytes, bytes], targets: bool, upload: bool
) -> None:
    settings.BACKUP_TARGETS = [places["disk"]] if targets else []
    settings.BACKUP_UPLOAD_COMMAND = ["cp", "{file}", f"{places['provider']}/{{name}}"] if upload else []
    told, made = sentences(), backup.create_if_due(timezone.now())
    disk, provider = (list(places[name].glob("*.backup")) for name in ("disk", "provider"))
    assert bool(made) == ("backups.none" not in told) == ("backups.encrypted" in told) == (targets or upload)
    assert bool(disk) == ("backups.age" in told) == targets
    assert bool(provider) == ("backups.uploaded" in told) == upload
    assert ("storage provider" in told["backup.files"]) == ("storage" in told["recipients.providers"]) == upload
    assert ("nobody" in told["backup.files"]) == (not upload)
    assert ("no backups are made" in told["backup.files"]) == (not made)
    assert (" days," in told["backup.files"]) == targets
    letter = letter_on_copies()
    assert bool(letter) == bool(made)
    assert ("own media" in letter) == targets
    assert ("storage provider" in letter) == upload
    settings.BACKUP_TARGETS, settings.BACKUP_UPLOAD_COMMAND = [], []
    assert ("no longer used" in letter_on_copies()) == bool(made)
    stranger = openpgp.generate("Stranger <s@example.org>", passphrase=PASSPHRASE)[1] if made else b""
    for file in disk + provider:
        assert b"Jule Ostermann" not in file.read_bytes()
        assert [is_opened(file, key) for key in (key_pair[1], stranger, None)] == [True, False, False]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("age", [7, 90])
def test_how_old_a_backup_gets(settings: Settings, places: dict[str, Path], age: int) -> None:
    settings.BACKUP_TARGETS, settings.BACKUP_MAX_AGE_DAYS = [places["disk"], places["provider"]], age
    said, now = sentences(), timezone.now()
    assert f"deleted after {age} days" in said["backups.age"]
    assert f"{age} days" in said["backup.files"]
    assert f"{age} days" in letter_on_copies()
    assert "the newest stays until there is a newer one" in said["backups.age"]
    old = backup.create(now=now - timedelta(days=age, hours=1))
    assert backup.prune(now=now) == []
    assert "if the medium is not connected then, as soon as it is again" in said["backups.age"]
    places["provider"].rename(places["data"] / "drawer")
    new = backup.create(now=now)
    assert [file.name for file in backup.prune(now=now)] == [old.name]
    assert [file.name for file in places["disk"].glob("*.backup")] == [new.name]
    (places["data"] / "drawer").rename(places["provider"])
    backup.create(now=now + timedelta(seconds=1))
    backup.prune(now=now + timedelta(seconds=2))
    assert old.name not in [file.name for file in places["provider"].glob("*.backup")]


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
