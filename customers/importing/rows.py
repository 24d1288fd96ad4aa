"""From a row to a customer to be: master data, further contact details, and what was said for each purpose."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from customers.importing.columns import AGREED, MASTER, NAME, PLACE_IN_ONE, REPEATED
from customers.importing.table import Row
from customers.models import ContactPoint, Customer
from customers.models.consent import PERSONAL_CHANNELS, Channel, Decision, Form, LegalBasis, Purpose
from customers.models.customer import PLACE
from customers.services.consents import Statement
from sitebackend.retention import midnight
from sitebackend.spreadsheets import safe

_PHONE = re.compile(r"\+?[\d\s()/.-]+")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # they make text read otherwise than it is
_DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M")
_CONTRACT = {"vertrag", "contract"}
_YES = {"ja", "j", "yes", "y", "x", "1", "true", "wahr", "einwilligung", "consent"}
_NO = {"", "nein", "n", "no", "0", "false", "falsch"}
_CHANNELS: dict[str, set[str]] = {
    Channel.MEETING: {"persönlich", "persoenlich", "mündlich", "muendlich", "vor ort", "gespräch", "in person"},
    Channel.PHONE: {"telefon", "telefonisch", "telefonat", "anruf", "phone", "telephone"},
    Channel.MAIL: {"e-mail", "email", "mail", "per e-mail"},
    Channel.LETTER: {"brief", "post", "schriftlich", "letter"},
    Channel.WEBSITE: {"website", "webseite", "formular", "online"},
}
#: what a way that a row names itself says of the form
FORM_OF: dict[str, str] = {
    Channel.MEETING: Form.ORAL,
    Channel.PHONE: Form.ORAL,
    Channel.MAIL: Form.WRITTEN,
    Channel.LETTER: Form.WRITTEN,
    Channel.WEBSITE: Form.WEB,
}
_SALUTATIONS = {"frau": "ms", "fr": "ms", "ms": "ms", "mrs": "ms", "herr": "mr", "hr": "mr", "mr": "mr"}


class Unfit(Exception):
    """This row cannot be taken; `str()` says why, and names nobody."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the operator says of all rows, where no column says it of one: `decisions` by purpose, "" is unanswered.

    A decision is a legal basis ("contract": the data rest on it; "consent": they agreed), "given" or "refused".
    `given_at` None: no day is known that counts for all.
    """

    decisions: Mapping[str, str]
    given_at: datetime | None
    channel: str
    form: str

    def statement(self, purpose: str, decision: str, given_at: datetime | None, channel: str = "") -> Statement:
        """Raises Unfit for a consent of no day; what rests on the contract, or was never asked, is so from today on."""
        agreed = decision in (LegalBasis.CONSENT, Decision.GIVEN)
        if agreed and given_at is None:
            raise Unfit(_("The day of the agreement is missing. Without one only the contract can be the basis."))
        return Statement(
            purpose=purpose,
            decision=Decision.REFUSED if decision == Decision.REFUSED else Decision.GIVEN,
            legal_basis=LegalBasis.CONTRACT if decision == LegalBasis.CONTRACT else LegalBasis.CONSENT,
            form=FORM_OF.get(channel, self.form),
            channel=channel or self.channel,
            given_at=given_at or midnight(timezone.localdate()),
        )


@dataclass(frozen=True, slots=True)
class Person:
    """What one row says."""

    number: str = ""
    master_data: Mapping[str, str] = field(default_factory=dict)
    further: Sequence[Mapping[str, Any]] = ()  #: fields of contact points
    statements: Sequence[Statement] = ()

    def told(self) -> list[str]:
        """What was said for each purpose, in words."""
        return [f"{Purpose(said.purpose).label}: {_told(said)}" for said in self.statements]


def person_of(row: Row, headers: Sequence[str], targets: Sequence[str], agreement: Agreement, purpose: str) -> Person:
    """The person in a row; `purpose` is what notes are for. Raises Unfit."""
    if len(row.cells) > len(headers):
        raise Unfit(_("There are more cells than columns: probably a cell with a separator in it."))
    values: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for header, target, cell in zip(headers, targets, row.cells, strict=False):
        if target and cell.strip():
            values[target].append((header, _clean(cell, target)))
    single = {target: found[0][1] for target, found in values.items()}
    return Person(
        number=single.get("number", ""),
        master_data=_master_data(single, purpose),
        further=[*_reached(values), *_places(single)],
        statements=list(_statements(single, targets, agreement)),
    )


def _clean(cell: str, target: str) -> str:
    """The cell in one line (notes keep theirs). Raises Unfit for what only hides what it is."""
    lines = [" ".join(line.split()) for line in cell.strip().splitlines()]
    value = "\n".join(lines) if target == "notes" else " ".join(lines)
    if any(sign in _BIDI or unicodedata.category(sign) in ("Cc", "Cs") for sign in value.replace("\n", "")):
        raise Unfit(_("There is an invisible control character in it."))
    is_phone = target.endswith("phone") and _PHONE.fullmatch(value)
    if target not in AGREED and not is_phone and safe(value) != value:
        raise Unfit(_("A cell begins like a formula of a spreadsheet."))
    return value


def _master_data(single: Mapping[str, str], purpose: str) -> dict[str, str]:
    data = {target: single[target] for target in MASTER if target in single}
    if NAME in single:
        first, _space, last = single[NAME].rpartition(" ")
        data = {"first_name": first, "last_name": last} | data
    if PLACE_IN_ONE in single:
        code, _space, city = single[PLACE_IN_ONE].partition(" ")
        data = {"postal_code": code, "city": city} | data
    if "salutation" in data:
        data["salutation"] = _SALUTATIONS.get(data["salutation"].casefold().rstrip("."), "")
    if "notes" in data:
        data["notes_purpose"] = purpose
    return data


def _reached(values: Mapping[str, list[tuple[str, str]]]) -> Iterator[dict[str, Any]]:
    for target in REPEATED:
        for header, value in values.get(target, []):
            yield {"kind": target.removeprefix("further_"), "label": header[:100], "value": value}


def _places(single: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for start, for_invoices in (("further_", False), ("invoice_", True)):
        place = {name: single[start + name] for name in PLACE if start + name in single}
        if place:
            yield {"kind": "address", "for_invoices": for_invoices, **place}


def _statements(single: Mapping[str, str], targets: Sequence[str], agreement: Agreement) -> Iterator[Statement]:
    given_at = _moment(single["given_on"]) if "given_on" in single else agreement.given_at
    channel = _channel(single["given_by"]) if "given_by" in single else ""
    for purpose in AGREED:
        decision = _decision(single.get(purpose, "")) if purpose in targets else agreement.decisions[purpose]
        if decision == LegalBasis.CONTRACT and purpose == Purpose.RETENTION:
            raise Unfit(_("Customer retention rests on a consent, never on the contract."))
        yield agreement.statement(purpose, decision, given_at, channel)


def _told(said: Statement) -> str:
    """The answer; of a consent also the day, the way and the wording that the ledger will name."""
    if said.legal_basis == LegalBasis.CONTRACT:
        return _("by contract")
    if said.decision != Decision.GIVEN:
        return str(Decision(said.decision).label)
    words = _("given {form}, {channel}, {day}, wording {version}")
    form, channel, day = Form(said.form).label, Channel(said.channel).label, timezone.localdate(said.given_at)
    return words.format(form=form, channel=channel, day=date_format(day), version=said.wording_of_then().version)


def _channel(word: str) -> str:
    """Raises Unfit."""
    plain = word.casefold().strip(" .-")
    known = {name: channel for channel, names in _CHANNELS.items() for name in names}
    known |= {str(label).casefold(): channel for channel, label in PERSONAL_CHANNELS}
    if plain not in known:
        raise Unfit(_("The way of the agreement is none of: in person, telephone, e-mail, letter, website."))
    return known[plain]


def _decision(word: str) -> str:
    plain = word.casefold().strip(" .-")
    for words, decision in ((_CONTRACT, LegalBasis.CONTRACT), (_YES, Decision.GIVEN), (_NO, Decision.REFUSED)):
        if plain in words:
            return str(decision)
    raise Unfit(_("What was agreed is none of: yes, no, contract."))


def _moment(day: str) -> datetime:
    """Raises Unfit. A day without a time is its beginning, here."""
    for form in _DAYS:
        try:
            return timezone.make_aware(datetime.strptime(day, form))  # noqa: DTZ007 - made aware at once
        except ValueError:
            continue
    raise Unfit(_("The day of the agreement is written in an unknown way. 2026-02-01 or 01.02.2026 is understood."))


def labels_of(problems: Mapping[str, Sequence[str]]) -> str:
    """What `full_clean` found, with the names of the fields as the operator reads them."""
    names = {held.name: str(held.verbose_name) for held in (*Customer._meta.fields, *ContactPoint._meta.fields)}
    told = [
        f"{names[name]}: {' '.join(texts)}" if name in names else " ".join(texts) for name, texts in problems.items()
    ]
    return " ".join(told)
