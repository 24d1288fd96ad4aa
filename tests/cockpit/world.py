"""One real object of every kind that an address below /admin/ can name, and each in the state that its verbs need."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

from cookie_consent.models import CookieGroup
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Pillow

from consent import offer
from consent.models import BannerWording, DailyCount, Edition
from contact import reading
from contact import services as contact
from contact.models import Submission
from customers.clear_file import ClearFile
from customers.models import BillingDocument, ContactPoint, Customer, Evidence, NumberRange, Wording
from customers.services.billing import file_billing_document, hold
from customers.services.consents import Statement as SaidOfAConsent
from customers.services.register import register_customer
from customers.services.technical import add_technical_record, attach
from sitebackend import nonce, operator_key
from sitebackend.backup.models import Backup
from sitebackend.mail import services as outbox
from sitebackend.mail.models import OutgoingMail, State
from sitebackend.models import Act, Actor, Event, Operator, SiteSettings
from sitebackend.pages import services as pages
from sitebackend.pages.models import Category, DeadLink, Download, Image, Page, Post, Redirect, Revision
from sitebackend.privacy.models import Channel, DataSubjectRequest, Identity, Kind, Outcome, RetentionRun
from sitebackend.privacy.papers import breaches, record
from sitebackend.privacy.papers.account import Account
from sitebackend.privacy.papers.models import Breach, Risk
from sitebackend.privacy.restriction import services as restriction
from sitebackend.privacy.restriction.models import Restriction
from sitebackend.privacy.services import answer, deadline, identity, intake
from sitebackend.privacy.statement import Statement
from sitebackend.vault import services as vault
from sitebackend.vault.models import UnlockSession, VaultEvent
from tests.conftest import PASSPHRASE
from tests.customers.conftest import MASTER_DATA, SIGNED_PAPER, agree_to_technical_data, statements
from tests.pages.test_downloads import pdf

VAULT_PASSPHRASE = "fünf würfel wörter über allem"
FIELDS = {
    "name": "Anna Beispiel",
    "street": "Königstraße 1",
    "postal_code": "70173",
    "city": "Stuttgart",
    "phone": "+49 711 123456",
    "email": "anna@example.org",
    "message": "Der Drucker streikt.",
}


@dataclass
class World:
    """What the walk opens and posts to, by name."""

    recovery_key: str = ""
    one: dict[str, Any] = field(default_factory=dict)
    other_key: bytes = b""

    def __getitem__(self, name: str) -> Any:
        return self.one[name]

    def make(self, name: str, value: Any) -> Any:
        self.one[name] = value
        return value


def build(chief: Operator, key_pair: tuple[bytes, bytes], other_key: bytes) -> World:
    """Everything, made by the verbs that make it on a site."""
    world = World(other_key=other_key)
    world.recovery_key = vault.set_up(passphrase=VAULT_PASSPHRASE, operator=chief)
    secret = operator_key.secret_key_path()
    secret.parent.mkdir(parents=True, exist_ok=True)
    secret.write_bytes(key_pair[1])
    reading.allow(passphrase=PASSPHRASE)
    _business(world, chief)
    _pages(world, chief)
    _inbox(world)
    _customers(world)
    _requests(world, chief)
    _papers(world, chief)
    _cookies(world)
    mail.outbox.clear()
    return world


def _business(world: World, chief: Operator) -> None:
    world.make(
        "settings",
        SiteSettings.objects.create(
            business_name="Netz & Gerät", owner="Jule Ostermann", street="Am Deich 3", postal_code="26721",
            city="Emden", email="hallo@example.de", phone="04921 55501", federal_state="NI",
            supervisory_authority="LfD Niedersachsen",
        ),
    )  # fmt: skip
    world.make("operator", Operator.objects.create_user("wegda", "wegda@example.de", "a long enough password"))
    world.make(
        "event",
        Event.objects.create(at=timezone.now(), actor=Actor.OPERATOR, operator=chief, act=Act.LOGGED_IN),
    )
    world.make("vault event", VaultEvent.objects.first())
    OutgoingMail.objects.update(state=State.UNDELIVERABLE, next_attempt_at=None, last_reply="550 no")
    world.make("outgoing mail", OutgoingMail.objects.first())
    outbox.queue("mail.test", now=timezone.now())
    OutgoingMail.objects.filter(kind="mail.test").update(state=State.UNCONFIRMED, next_attempt_at=None)
    world.make("doubtful mail", OutgoingMail.objects.get(kind="mail.test"))
    now = timezone.now()
    world.make("backup", Backup.objects.create(created_at=now, name="a.backup", size=7, media=["/a"], verified_at=now))


def _page(kind: type[Page], title: str, slug: str, **values: Any) -> Page:
    page = kind(title=title, slug=slug, **({"status": Page.Status.PUBLISHED, "body": "<p>Eins</p>"} | values))
    page.full_clean()
    pages.save_page(page=page, author=None)
    return page


def _with_versions(page: Page, chief: Operator) -> Page:
    """One that was changed, and has a text that waits."""
    first = Revision.objects.of(page)[0]
    page.body = "<p>Zwei</p>"
    pages.save_page(page=page, author=chief)
    page.title = "Wartet"
    pages.keep_waiting(page=page, author=chief)
    page.refresh_from_db()
    assert Revision.objects.of(page).count() == 2
    assert first.pk
    return page


def _pages(world: World, chief: Operator) -> None:
    _page(Page, "Start", "", template=Page.Template.HOME)
    news = _page(Page, "Aktuelles", "aktuelles", template=Page.Template.POSTS)
    world.make("page", _with_versions(_page(Page, "Preise", "preise"), chief))
    world.make("draft", _page(Page, "Entwurf", "entwurf", status=Page.Status.DRAFT))
    world.make("post", _with_versions(_page(Post, "Neu", "neu", parent=news, template=Page.Template.POST), chief))
    for name, kind, place in (("page", Page, {}), ("post", Post, {"parent": news, "template": Page.Template.POST})):
        gone = world.make(f"trashed {name}", _page(kind, f"Weg {name}", f"weg-{name}", **place))
        pages.move_to_trash(page=gone)
    world.make("category", Category.objects.create(title="Netze", slug="netze", language="de"))
    image = Image(name="bild", alternative="Ein Bild")
    pages.add_picture(image=image, upload=Pillow.new("RGB", (40, 30)))
    world.make("image", image)
    download = Download(title="Preisliste", name="preisliste")
    pages.keep_download(download=download, content=pdf())
    world.make("download", download)
    world.make("redirect", Redirect.objects.create(path="/alt/", page=world["page"]))
    world.make("dead link", DeadLink.objects.create(path="/nirgends/", last_seen=timezone.localdate()))


def _inbox(world: World) -> None:
    def received(**values: str) -> Submission:
        fields = FIELDS | values
        return contact.receive(
            fields=fields, reply_to=fields["email"], nonce=nonce.issue(), honeypot="", now=timezone.now()
        )

    world.make("submission", received())
    reading.add_note(submission=world["submission"], text="Rückruf am Dienstag")
    refused = world.make("undeliverable", received(message="Noch eine"))
    OutgoingMail.objects.about([refused.pk]).update(state=State.UNDELIVERABLE, next_attempt_at=None)
    fields = FIELDS | {"message": "Buy now"}
    suspect = contact.receive(
        fields=fields, reply_to=fields["email"], nonce=nonce.issue(), honeypot="x", now=timezone.now()
    )
    assert suspect.verdict == "suspect"
    world.make("suspect", suspect)
    done = world.make("done", received(message="Erledigt"))
    Submission.objects.filter(pk=done.pk).mark_done(timezone.now())


def _customer(first: str, email: str, said: list[SaidOfAConsent] | None = None) -> Customer:
    data = MASTER_DATA | {"first_name": first, "company": f"{first} GmbH", "email": email}
    return register_customer(master_data=data, statements=said or statements(), recorded_by=None)


def _customers(world: World) -> None:
    customer = world.make("customer", _customer("Änne", "aenne@example.org"))
    agree_to_technical_data(customer)
    customer = world.make("customer", Customer.objects.get(pk=customer.pk))
    ContactPoint.objects.create(customer=customer, kind="phone", label="mobil", value="0171 5551")
    world.make("evidence", Evidence.objects.get(customer=customer))
    made = add_technical_record(customer=customer, kind="network", content={"name": "Büro", "ssid": "Backstube"})
    world.make("record", made)
    world.make("attachment", attach(record=made, file=SIGNED_PAPER))
    world.make("document", _document(customer, "R-1"))
    world.make("held document", _document(customer, "R-2"))
    hold(document=world["held document"], reason="Prüfung")
    world.make("new customer", _customer("Björn", "bjoern@example.org"))
    restricted = world.make("restricted customer", _customer("Clara", "clara@example.org"))
    restriction.restrict("customers.master_data", [restricted.pk], now=timezone.now())
    long_ago = timezone.now() - timedelta(days=4 * 366)
    said = [replace(each, given_at=long_ago) for each in statements()]
    silent = world.make("silent customer", _customer("Doris", "doris@example.org", said))
    Customer.objects.filter(pk=silent.pk).update(created_at=long_ago, last_confirmed_at=long_ago)
    world.make("restriction", Restriction.objects.get())
    world.make("wording", Wording.objects.create(purpose="contract", version=99, text="Ja.", valid_from=_in_a_year()))
    world.make("number range", NumberRange.objects.get())


def _in_a_year() -> date:
    return timezone.localdate() + timedelta(days=365)


def _document(customer: Customer, number: str) -> BillingDocument:
    return file_billing_document(
        customer=customer,
        kind="invoice",
        number=number,
        issued_on=date(2026, 2, 1),
        amount=Decimal("119.00"),
        currency="EUR",
        file=ClearFile("r.pdf", "application/pdf", b"%PDF-1.7 Rechnung"),
    )


def new_request(
    kind: Kind, email: str = "fremd@example.org", *, name: str = "Otto Fremd", settled: bool = True
) -> DataSubjectRequest:
    now = timezone.now()
    asked = DataSubjectRequest(kind=kind, channel=Channel.LETTER, received_on=timezone.localdate())
    said = Statement(name=name, address="Weg 1\n70173 Stuttgart", email=email, message="Bitte.")
    intake.record(asked, said=said, now=now)
    if settled:
        intake.mark_acknowledged(asked, at=now)
        asked.refresh_from_db()
        identity.settle(asked, identity=Identity.MATCHED, now=now)
    return asked


def _requests(world: World, chief: Operator) -> None:
    """Each kind, new and settled; one extended, one answered."""
    known = world["new customer"].email
    for kind in Kind:
        world.make(f"new {kind}", new_request(kind, settled=False))
        world.make(f"settled {kind}", new_request(kind, known))
    world.make("new of nobody", new_request(Kind.ACCESS, "niemand@example.org", name="Nina Niemand", settled=False))
    world.make("new of a customer", new_request(Kind.ERASURE, known, settled=False))
    extended = world.make("extended", new_request(Kind.ACCESS, ""))
    deadline.extend(extended, by=chief, now=timezone.now())
    assert extended.extension_told_at is None
    answered = world.make("answered", new_request(Kind.ACCESS, ""))
    answer.finish(answered, outcome=Outcome.REFUSED, ground="So.", by=chief, now=timezone.now())


def _papers(world: World, chief: Operator) -> None:
    told = Account(
        happened="Gestohlen.", whose="Kunden", what="Namen", consequences="Werbung.", measures="Gesperrt.",
        why_no_risk="Verschlüsselt.",
    )  # fmt: skip
    for name in ("breach", "closed breach"):
        breach = Breach(
            noticed_at=timezone.now() - timedelta(hours=2),
            risk=Risk.UNLIKELY,
            confidentiality=True,
            persons=3,
            records=3,
        )
        breaches.record(breach, account=told, by=chief)
        world.make(name, breach)
    breaches.close(world["closed breach"], now=timezone.now())
    world.make("record version", record.present_version())
    world.make("retention run", RetentionRun.objects.create(day=date(2026, 1, 1), wiped_at=timezone.now()))


def _cookies(world: World) -> None:
    world.make("banner", BannerWording.objects.first())
    world.make("group", CookieGroup.objects.create(varname="spiele", name="Spiele", is_required=False))
    offer.forget()
    offer.current()  # keeps the edition, which any page would otherwise do
    world.make("edition", Edition.objects.first())
    world.make("count", DailyCount.objects.create(day=date(2026, 1, 1), digest="x", group="spiele", decision="refused"))


def upload(name: str, content: bytes = SIGNED_PAPER.content, kind: str = "application/pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, kind)


def picture() -> SimpleUploadedFile:
    stream = BytesIO()
    Pillow.new("RGB", (20, 20)).save(stream, "PNG")
    return upload("bild.png", stream.getvalue(), "image/png")


# --- where each page of the table lies


def _admins(world: World) -> Iterator[tuple[str, list[Any]]]:
    """Each admin with the objects that its pages show; the first is the one that is changed, the last deleted."""
    yield "sitebackend_operator", [world["operator"]]
    yield "sitebackend_sitesettings", [world["settings"]]
    yield "sitebackend_event", [world["event"]]
    yield "vault_vaultevent", [world["vault event"]]
    yield "mail_outgoingmail", [world["outgoing mail"]]
    yield "backup_backup", [world["backup"]]
    yield "pages_page", [world["page"], world["draft"], world["trashed page"]]
    yield "pages_post", [world["post"], world["trashed post"]]
    yield "pages_category", [world["category"]]
    yield "pages_image", [world["image"]]
    yield "pages_download", [world["download"]]
    yield "pages_redirect", [world["redirect"]]
    yield "pages_deadlink", [world["dead link"]]
    yield "contact_submission", [world["submission"], world["suspect"], world["done"]]
    yield "customers_customer", [world["customer"]]
    yield "customers_billingdocument", [world["document"]]
    yield "customers_wording", [world["wording"]]
    yield "customers_numberrange", [world["number range"]]
    requests = [value for value in world.one.values() if isinstance(value, DataSubjectRequest)]
    yield "privacy_datasubjectrequest", requests
    yield "restriction_restriction", [world["restriction"]]
    yield "papers_breach", [world["breach"], world["closed breach"]]
    yield "papers_recordversion", [world["record version"]]
    yield "privacy_retentionrun", [world["retention run"]]
    yield "consent_group", [world["group"]]
    yield "consent_bannerwording", [world["banner"]]
    yield "consent_edition", [world["edition"]]
    yield "consent_dailycount", [world["count"]]


def rows_of(world: World, name: str) -> list[Any]:
    return dict(_admins(world))[name]


def addresses(world: World) -> dict[str, list[str]]:
    """Every page of the table, at each of the objects that it can be opened for."""
    where: dict[str, list[str]] = {}
    for name, rows in _admins(world):
        base = f"admin:{name}"
        where |= {f"{base}_{page}": [reverse(f"{base}_{page}")] for page in ("changelist", "add")}
        for page in ("history", "change", "delete"):
            chosen = rows[-1:] if page == "delete" else rows
            where[f"{base}_{page}"] = [reverse(f"{base}_{page}", args=[row.pk]) for row in chosen]
    return where | {name: [_at(name, *keys) for keys in places] for name, places in _places(world).items()}


def _at(name: str, *keys: Any) -> str:
    if name == "admin:autocomplete":
        return f"{reverse(name)}?app_label=pages&model_name=redirect&field_name=page&term=p"
    return reverse(name.partition(" ")[0], args=keys)


def _places(world: World) -> dict[str, list[tuple[Any, ...]]]:
    customer, submission = world["customer"].pk, world["submission"].pk
    breach, version = world["breach"].pk, world["record version"].pk
    settled = world["settled access"].pk
    of_customer = "admin:customers_customer"
    record_keys = (customer, world["record"].pk)
    plain = [
        "admin:login", "admin:logout", "admin:index", "admin:jsi18n", "admin:password_change",
        "admin:password_change_done", "admin:second_factor", "admin:second_factor_qr", "admin:recovery_codes",
        "admin:autocomplete", "admin:see_as", "admin:clock", "admin:mail_test",
        "admin:pages_image_choice", "admin:pages_download_choice",
        "admin:privacy_overdue",
        "admin:pages_page_menus", "admin:consent_group_providers", "admin:contact_submission_find",
        "admin:contact_submission_record",
        "admin:contact_submission_key", "admin:contact_submission_key_word", "admin:contact_submission_reading",
        f"{of_customer}_import", f"{of_customer}_inactive", f"{of_customer}_search", f"{of_customer}_record_search",
        "admin:vault_overview", "admin:vault_set_up", "admin:vault_unlock",
        "admin:vault_lock", "admin:vault_passphrase", "admin:vault_recovery_key",
        "admin:vault_confirm_recovery_key", "admin:vault_recover", "admin:vault_rotate",
        "admin:vault_unlock_messages", "admin:vault_set_up_messages", "admin:vault_messages_passphrase",
        "admin:vault_rotate_messages", "admin:vault_take_away_messages",
    ]  # fmt: skip
    labels = ("sitebackend", "vault", "backup", "papers", "consent", "pages", "contact", "customers", "privacy")
    versions = {
        f"admin:pages_{page}": [(kind, world[kind].pk) for kind in ("page", "post")]
        for page in ("versions", "restore", "forget", "discard")
    }
    return {
        **{name: [()] for name in plain},
        **{f"admin:app_list {label}": [(label,)] for label in (*labels, "restriction")},
        **versions,
        "admin:auth_user_password_change": [(world["operator"].pk,)],
        "admin:contact_submission_message": [(submission,), (world["suspect"].pk,)],
        "admin:contact_submission_page": [(submission,), (world["suspect"].pk,)],
        "admin:contact_submission_done": [(submission,)],
        "admin:contact_submission_judge": [(submission,)],
        "admin:contact_submission_delete_by_hand": [(world["done"].pk,)],
        "admin:customer_from_submission": [(submission,)],
        f"{of_customer}_page": [(customer,), (world["restricted customer"].pk,)],
        f"{of_customer}_confirm": [(customer,)],
        f"{of_customer}_keep": [(world["silent customer"].pk,)],
        f"{of_customer}_let_go": [(world["silent customer"].pk,)],
        f"{of_customer}_consent": [(customer, purpose) for purpose in ("contract", "retention", "invoicing")],
        f"{of_customer}_consent technical": [(customer, "technical")],
        f"{of_customer}_confirmation": [(customer,)],
        f"{of_customer}_withdraw": [(customer, purpose) for purpose in ("contract", "invoicing")],
        f"{of_customer}_withdraw technical": [(customer, "technical")],
        f"{of_customer}_evidence": [(customer, world["evidence"].pk)],
        f"{of_customer}_emergency": [(customer,)],
        f"{of_customer}_record_add": [(customer, kind) for kind in ("network", "device")],
        f"{of_customer}_record": [record_keys],
        f"{of_customer}_record_delete": [record_keys],
        f"{of_customer}_attachment": [(*record_keys, world["attachment"].pk)],
        f"{of_customer}_document": [(world["document"].pk,)],
        f"{of_customer}_document_add": [(customer,)],
        f"{of_customer}_documents_add": [(customer,)],
        f"{of_customer}_document_hold": [(world["document"].pk,), (world["held document"].pk,)],
        "admin:privacy_request_step": [(settled, "matched"), (settled, "finish")],
        "admin:privacy_request_step erase": [(world["settled erasure"].pk, "erase")],
        "admin:privacy_request_step close": [(world["settled objection"].pk, "close")],
        "admin:privacy_request_step access": [(settled, "access")],
        "admin:privacy_request_step handed-over": [(settled, "handed-over")],
        "admin:privacy_request_copy": [(settled, form) for form in ("encrypted", "print", "package")],
        "admin:privacy_request_search": [(settled,)],
        "admin:privacy_request_letter": [(settled, "acknowledged"), (world["answered"].pk, "outcome")],
        "admin:papers_breach_letter": [(breach, "authority"), (breach, "persons")],
        "admin:papers_record_csv": [(version,)],
        "admin:papers_record_pdf": [(version,)],
    }


# --- what a refusal must leave as it was


LOGS = (Session, LogEntry, Event)  #: a refusal may be noted there
TOUCHED = {(UnlockSession, "last_used_at")}  #: with any request that brings the cookie of an open vault
_TOUCHED_COLUMNS = {column for _model, column in TOUCHED}
_LOG_TABLES = {model._meta.db_table for model in LOGS}
_WRITES = re.compile(r'\s*(?:INSERT (?:OR \w+ )?INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+"?(\w+)"?', re.IGNORECASE)


def state() -> dict[str, Any]:
    """Every row of every table, every file of the site, and the number of mails: to be compared with."""
    models = (model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy)
    rows = {model._meta.label: _rows(model) for model in models if model not in LOGS and model._meta.managed}
    return rows | {"files": files(), "mails": len(mail.outbox)}


def _rows(model: Any) -> list[tuple[Any, ...]]:
    columns = [one.column for one in model._meta.concrete_fields if (model, one.name) not in TOUCHED]
    names = ", ".join(map(connection.ops.quote_name, columns))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608
        return sorted((tuple(map(_plain, row)) for row in cursor.fetchall()), key=repr)


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


@contextmanager
def writes() -> Iterator[set[str]]:
    """The tables, logs aside, that something was written to meanwhile: whatever reads only needs no comparing."""
    written: set[str] = set()

    def watch(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        found = _WRITES.match(sql)
        if found and not any(f'SET "{column}" = ' in sql for column in _TOUCHED_COLUMNS):
            written.update({found[1]} - _LOG_TABLES)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(watch):
        yield written


def files() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(Path(settings.DATA_DIR).rglob("*")) if path.is_file()}


def put_files_back(before: dict[str, bytes]) -> None:
    for path in files().keys() - before.keys():
        Path(path).unlink()
    for name, content in before.items():
        if not Path(name).exists() or Path(name).read_bytes() != content:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(content)


def local(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")
