"""A person with something in every field of every holding: the answer tells each value, and each once.

Whoever adds a field to a holding must fill it here, or the test says that the factory is incomplete; and must have
it told, or say here why it is not.
"""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import Field, ForeignKey, Model
from django.utils import timezone, translation
from django.utils.formats import date_format
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from contact import copies, reading
from contact import services as contact
from contact.models import EncryptedMessage, MessageFeatures, Note, Preview, ReadingKey, ReplyAddress, Submission
from customers.clear_file import ClearFile
from customers.forms.technical import FORMS
from customers.models import (
    Attachment,
    BillingDocument,
    Confirmation,
    ConsentEntry,
    ContactPoint,
    Customer,
    Evidence,
    Grant,
    RecipientDigest,
    TechnicalRecord,
)
from customers.models.billing import HoldGround
from customers.services.billing import file_billing_document, hold, release
from customers.services.register import register_customer
from customers.services.technical import add_technical_record, attach
from sitebackend import audit, nonce
from sitebackend.crypto import openpgp
from sitebackend.mail.models import OutgoingMail
from sitebackend.models import Act, Actor, Event, KnownBrowser, LookReason, Operator, SiteSettings
from sitebackend.pages.models import Page, Revision
from sitebackend.privacy import documents, registry
from sitebackend.privacy.models import AccessAnswer, Channel, DataSubjectRequest, Identity, Kind
from sitebackend.privacy.registry import DataSubject, PersonalDataSource
from sitebackend.privacy.restriction import services as restriction
from sitebackend.privacy.restriction.models import Restriction
from sitebackend.privacy.services import intake
from sitebackend.privacy.statement import Statement
from sitebackend.vault import services as vault
from sitebackend.vault.models import UnlockSession, VaultEvent
from sitebackend.vault.opened import OpenVault
from tests.conftest import PASSPHRASE
from tests.customers.conftest import agree_to_technical_data, statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder", "operator_key", "in_english")]
HER = "roswitha@example.org"
NOW = timezone.now()
#: what the person, or the operator about them, typed: each stands once in what its holding tells
TYPED: dict[str, set[str]] = {}


def say(holding: str, word: str) -> str:
    """A value that occurs nowhere else."""
    value = f"{word}ẞ{len(TYPED.get(holding, set()))}"
    TYPED.setdefault(holding, set()).add(value)
    return value


_KEY = "a random key, or the way from one row to another"
_DIGEST = "by what it is found: told as the value itself"
_SEALED = "told opened"
_OPENS = "opens the account"
_HANDS = "the operator's hand, told as the operator's own actions"
NOT_TOLD: dict[type[Model], dict[str, str]] = {
    Submission: {
        **dict.fromkeys(("id", "message"), _KEY),
        **dict.fromkeys(
            ("idempotency_digest", "email_digest", "phone_digest", "name_digest", "sender_digest"), _DIGEST
        ),
    },
    EncryptedMessage: {"id": _KEY, "armoured": _SEALED},
    OutgoingMail: {
        "about": _KEY,
        "recipient_digest": _DIGEST,
        "payload": "told as waiting; what is in it is told with what it is about",
    },
    Note: {"id": _KEY, "submission": _KEY, "sealed": _SEALED},
    MessageFeatures: {"id": _KEY, "submission": _KEY, "sealed": _SEALED},
    Preview: {"submission": _KEY, "sealed": "told with the message, of which it is the beginning"},
    ReplyAddress: {"submission": _KEY, "sealed": "told with the message, as the e-mail address"},
    BillingDocument: {
        **dict.fromkeys(("id", "customer"), _KEY),
        **dict.fromkeys(("sealed_recipient", "sealed_file"), _SEALED),
        "legal_hold": "told by its reason",
        "kept_until": "told as the day on which it goes, which an objection makes an earlier one",
        "currency": "told with the amount, by its sign",
    },
    RecipientDigest: dict.fromkeys(("id", "document", "statement", "digest"), _DIGEST),
    Evidence: {"id": _KEY, "customer": _KEY, "sealed": _SEALED},
    Customer: {
        **dict.fromkeys(("id", "public_key", "sealed_private_key", "contract_consent", "invoicing_consent"), _KEY),
        **dict.fromkeys(("search_text", "email_digest", "phone_digest", "name_digest"), _DIGEST),
    },
    ContactPoint: {"id": _KEY, "customer": _KEY, "digest": _DIGEST, "search_text": _DIGEST, "kind": _KEY},
    ConsentEntry: {
        **dict.fromkeys(("id", "customer"), _KEY),
        "evidence": "told as there, and a holding of its own",
        "wording": "told by its text",
        "recorded_by": _HANDS,
        **dict.fromkeys(("link", "salt"), "what shows that nobody changed the entry"),
    },
    Confirmation: {"id": _KEY, "entry": _KEY},
    TechnicalRecord: {"id": _KEY, "grant": _KEY, "sealed": _SEALED, "revision": "a count of changes"},
    Attachment: {"id": _KEY, "record": _KEY, "sealed": _SEALED, "created_at": "when the file came"},
    Grant: dict.fromkeys(("id", "customer", "entry", "evidence"), _KEY),
    Revision: {"author": _KEY},
    DataSubjectRequest: {
        "sealed": _SEALED,
        **dict.fromkeys(("email_digest", "phone_digest", "name_digest", "nonce_digest"), _DIGEST),
        **dict.fromkeys(("extended_by", "erased_by", "carried_out_by", "copied_by", "answered_by"), _HANDS),
    },
    AccessAnswer: {"request": _KEY, "token_digest": _KEY, "sealed": "the copy itself"},
    Restriction: {"row": _KEY, "holding": "told by the title"},
    Operator: {"password": _OPENS},
    LogEntry: {
        "user": _KEY,
        "object_id": "told with the words for the row",
        "action_flag": "told by the message",
        "change_message": "names of fields",
    },
    Session: dict.fromkeys(("session_key", "session_data", "expire_date"), _OPENS),
    TOTPDevice: dict.fromkeys(("user", "key", "last_t", "last_used_at", "throttling_failure_timestamp"), _OPENS),
    StaticDevice: dict.fromkeys(("user", "last_used_at", "throttling_failure_timestamp"), _OPENS),
    StaticToken: dict.fromkeys(("device", "token"), _OPENS),
    UnlockSession: dict.fromkeys(("operator", "password_digest", "last_used_at"), _OPENS),
    VaultEvent: {"operator": _KEY},
    KnownBrowser: {"operator": _KEY, "digest": "a random value in her browser"},
    Event: dict.fromkeys(("operator", "actor", "kind", "key", "reason"), "told by what was done"),
}
#: nobody is found in them by their own data: the register of breaches names operators only, the spam filter's words
#: came from several senders
ASIDE = {"papers.breaches", "contact.spam_words"}
#: a person asks; another one has the hand on it
OF_THE_OPERATOR = ("extended_by", "erased_by", "carried_out_by", "copied_by", "answered_by", "recorded_by")


@pytest.fixture
def her(vault_key: bytes, settings: Settings) -> Operator:
    """Everything of one person; she is an operator herself, for accounts hold data on people too."""
    TYPED.clear()
    SiteSettings.objects.create(
        **{name: say("sitebackend.site_settings", name) for name in ("business_name", "owner", "street", "city")},
        postal_code="26721",
        country="Friesland",
        phone="04921 1",
        email=HER,
        vat_number="DE136695976",
        federal_state="NW",
    )
    operator = _account()
    customer = _customer(operator)
    _records(customer)
    _documents(customer)
    settings.CONTACT_ACKNOWLEDGE = "yes"
    _message()
    _request(operator)
    restriction.restrict("customers.master_data", [customer.pk], now=NOW)
    return operator


def _account() -> Operator:
    holding = "sitebackend.operators"
    operator = Operator.objects.create_superuser(
        say(holding, "login"),
        HER,
        "a long enough password",
        first_name=say(holding, "Ros"),
        last_name=say(holding, "L"),
    )
    operator.last_login = NOW - timedelta(days=1)
    operator.save()
    LogEntry.objects.create(
        user=operator,
        content_type=ContentType.objects.get_for_model(SiteSettings),
        object_id="1",
        object_repr=say(holding, "settings"),
        action_flag=CHANGE,
        change_message="[]",
        action_time=NOW - timedelta(days=2),
    )
    Session.objects.create(session_key="k" * 32, session_data="d", expire_date=NOW + timedelta(days=1))
    used = {"last_used_at": NOW, "throttling_failure_timestamp": NOW}
    TOTPDevice.objects.create(user=operator, name="app", last_t=5, **used)
    codes = StaticDevice.objects.create(user=operator, name="codes", **used)
    StaticToken.objects.create(device=codes, token="abcd1234")
    UnlockSession.objects.create(
        operator=operator,
        password_digest="d",
        unlocked_at=NOW - timedelta(minutes=3),
        last_used_at=NOW,
        sealed_key=b"x",
    )
    days = {"first_seen_on": NOW - timedelta(days=9), "last_seen_on": NOW - timedelta(days=8)}
    KnownBrowser.objects.create(operator=operator, digest="d", **{name: time.date() for name, time in days.items()})
    VaultEvent.objects.create(operator=operator, kind=VaultEvent.Kind.OPENED, at=NOW, holding=say(holding, "x|"))
    audit.note(Act.KEY_REPLACED, actor=Actor.OPERATOR, operator=operator, kind="key", key="fingerprint")
    audit.note(Act.LOOKED, actor=Actor.OPERATOR, operator=operator, kind="key", key="row", reason=LookReason.CLAIMS)
    page = Page.objects.create(title="T", slug="s", path="s", body="b")
    Revision.objects.filter(page=page).delete()
    Revision.objects.create(page=page, author=operator, content={})
    return operator


def _customer(operator: Operator) -> Customer:
    holding = "customers.master_data"
    typed = ("first_name", "last_name", "company", "street", "city", "notes", "notes_purpose")
    customer = register_customer(
        master_data={
            **{name: say(holding, name) for name in typed},
            "salutation": "ms",
            "postal_code": "04109",
            "country": "Atlantis",
            "phone": "0341 90 12",
            "email": HER,
            "vat_number": "DE136695976",
        },
        statements=statements(),
        recorded_by=operator,
    )
    customer.hold_reason = say(holding, "dispute")
    customer.kept_at, customer.kept_because = NOW, say(holding, "warranty")
    customer.goes_on = NOW.date()
    customer.save()
    for kind, values in {
        "phone": {"value": "0172 99", "label": say(holding, "mobile")},
        "email": {"value": say(holding, "b") + "@example.org", "for_invoices": True},
        "address": {"street": say(holding, "yard"), "city": say(holding, "town"), "postal_code": "1", "country": "Mu"},
    }.items():
        ContactPoint.objects.create(customer=customer, kind=kind, **values)
    entry = customer.entries.get(purpose="invoicing")
    Confirmation.objects.create(entry=entry, means=Confirmation.Means.LETTER)
    agree_to_technical_data(customer)
    return Customer.objects.get(pk=customer.pk)


def _records(customer: Customer) -> None:
    holding = "customers.technical"
    for kind, form in FORMS.items():
        content = {name: say(holding, name) for name in form().fields if name != "attachment"}
        record = add_technical_record(customer=customer, kind=kind, content=content)
        for _number in range(2):  # of one name: both must be told
            attach(record=record, file=ClearFile("plan.pdf", "application/pdf", say(holding, "file").encode()))


def _documents(customer: Customer) -> None:
    """One that is held, to which she objected, and one whose hold has ended."""
    held, released = _document(customer), _document(customer)
    hold(document=held, reason=say("customers.billing", "assessment"), ground=HoldGround.TAX)
    BillingDocument.objects.filter(pk=held.pk).end_with_the_law(held.issued_on)
    hold(document=released, reason="audit", ground=HoldGround.CLAIM)
    release(document=released)


def _document(customer: Customer) -> BillingDocument:
    holding = "customers.billing"
    return file_billing_document(
        customer=customer,
        kind="invoice",
        number=say(holding, "R"),
        issued_on=date(2026, 2, 1),
        amount=Decimal("119.00"),
        currency="EUR",
        file=ClearFile("r.pdf", "application/pdf", b"%PDF-1.7 " + say(holding, "invoice").encode()),
    )


def _message() -> None:
    holding = "contact.submissions"
    fields = {name: say(holding, name) for name in ("name", "street", "postal_code", "city", "phone", "message")}
    ReadingKey.objects.create(sealed_passphrase=b"x")  # there are previews then
    sent = contact.receive(fields=fields | {"email": HER}, reply_to=HER, nonce=nonce.issue(), now=NOW)
    reading.add_note(submission=sent, text=say(holding, "note"))
    learned = MessageFeatures(submission=sent)
    learned.sealed = vault.seal_message(json.dumps([say(holding, "word")]).encode(), context=learned.context)
    learned.save()


def _request(operator: Operator) -> None:
    holding = "privacy.requests"
    said = Statement(
        **{name: say(holding, name) for name in ("name", "phone", "address", "number", "message")},
        postal_code="20457",
        email=HER,
    )
    request = DataSubjectRequest(kind=Kind.ACCESS, channel=Channel.LETTER, received_on=timezone.localdate())
    request.nonce_digest = "n" * 64
    intake.record(request, said=said, now=NOW)
    request.identity, request.identity_at, request.acknowledged_at = Identity.CONFIRMED, NOW, NOW
    for verb in ("extended", "erased", "carried_out"):
        setattr(request, f"{verb}_at", NOW)
        setattr(request, f"{verb}_by", operator)
    request.receipt, request.carried_out = [], []
    request.save()
    AccessAnswer.objects.create(request=request, token_digest="t", sealed=b"s", expires_at=NOW + timedelta(days=1))


def _told_by(source: PersonalDataSource, answer: documents.Answer) -> str:
    """Everything that the answer says of this holding, and what lies in its files."""
    entries = [entry for told in answer.holdings if told.name == source.name for entry in told.entries]
    values = [value for entry in entries for value in entry.values]
    files = [answer.files[value.shown].decode(errors="replace") for value in values if value.shown in answer.files]
    titles = [f"{entry.title} {entry.recorded_on}" for entry in entries]
    return "\n".join([*titles, *(f"{value.label}: {value.shown}" for value in values), *files])


@pytest.fixture
def answer(her: Operator, vault_key: bytes, key_pair: tuple[bytes, bytes]) -> documents.Answer:
    opened = OpenVault(vault_key, locks_at=NOW + timedelta(hours=1))
    held = registry.export(DataSubject(email=HER, name="Nobody", postal_code="1"), opened)
    answer = documents.collect(DataSubjectRequest.objects.get(), held)

    def decrypt(ciphertext: bytes) -> tuple[dict[str, str], dict[str, str]]:
        return copies.content_of(openpgp.decrypt(ciphertext, secret_key=key_pair[1], passphrase=PASSPHRASE))

    return documents.complete(answer, decrypt)


def _holdings() -> Iterator[tuple[PersonalDataSource, type[Model], str]]:
    for source in registry.sources():
        for model, names in source.models.items() if source.name not in ASIDE else ():
            yield from ((source, model, name) for name in names)


def test_the_factory_fills_every_field_of_every_holding(her: Operator) -> None:
    empty = [
        f"{model._meta.label}.{name}"
        for _source, model, name in _holdings()
        if name not in OF_THE_OPERATOR and not any(_value(row, name) for row in model._base_manager.all())
    ]
    assert empty == []


def test_every_value_that_somebody_typed_is_told_exactly_once(answer: documents.Answer) -> None:
    told = {source.name: _told_by(source, answer) for source in registry.sources()}
    wrong = {
        (holding, value): told[holding].count(value)
        for holding, values in TYPED.items()
        for value in values
        if told[holding].count(value) != 1
    }
    assert wrong == {}


def test_every_other_field_is_told_or_listed_with_its_reason(answer: documents.Answer) -> None:
    missing = [
        f"{model._meta.label}.{name}: {shown}"
        for source, model, name in _holdings()
        if name not in NOT_TOLD.get(model, {})
        for row in model._base_manager.all()
        if (shown := _shown(row, name)) and not any(spelled in _told_by(source, answer) for spelled in shown)
    ]
    assert missing == []


def test_no_reason_is_given_for_a_field_that_is_not_there() -> None:
    held = {(model, name) for _source, model, name in _holdings()}
    assert [f"{model}.{name}" for model, names in NOT_TOLD.items() for name in names if (model, name) not in held] == []


def test_nothing_is_missing_from_the_answer(answer: documents.Answer) -> None:
    assert [entry.title for entry in answer.entries if entry.missing or entry.sealed] == []


def test_the_page_has_every_value_as_well(answer: documents.Answer) -> None:
    page = documents.as_html(answer)
    in_files = ("file", "invoice")
    typed = {value for values in TYPED.values() for value in values if not value.startswith(in_files)}
    assert [value for value in typed if value not in page] == []


def _value(row: Any, name: str) -> Any:
    field = row._meta.get_field(name)
    return getattr(row, field.attname)


def _shown(row: Any, name: str) -> list[str]:
    """The ways in which the answer may show it; none: there is nothing to show."""
    field: Field[Any, Any] = row._meta.get_field(name)
    value = getattr(row, field.attname)
    if isinstance(field, ForeignKey) or value in (None, ""):
        return []
    if field.choices:
        return [str(getattr(row, f"get_{name}_display")())]
    if isinstance(value, bool):
        return [f"{field.verbose_name}"] if value else []
    if isinstance(value, datetime):
        local = timezone.localtime(value)
        short = date_format(local, "SHORT_DATETIME_FORMAT")
        return [documents.answer.value("", value).shown, short, f"{local:%Y-%m-%d}", f"{value:%Y-%m-%d %H:%M} UTC"]
    return [documents.answer.value("", value).shown, str(value)]


def test_the_answer_is_there_in_the_persons_language(her: Operator, journal_folder: Path) -> None:
    with translation.override("de"):
        told = documents.collect(DataSubjectRequest.objects.get(), registry.export(DataSubject(email=HER)))
    assert "Was über Sie gespeichert ist" in documents.as_html(told)
    assert [entry.missing for entry in told.entries if entry.missing]
