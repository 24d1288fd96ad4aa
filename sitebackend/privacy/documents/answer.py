"""What an answer says, in plain values: it can be written down as JSON and read again elsewhere."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import get_valid_filename
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sitebackend.models import SiteSettings
from sitebackend.privacy import registry
from sitebackend.privacy.models import DataSubjectRequest
from sitebackend.privacy.registry import Description, Export, PersonalDataSource

SITE = ("business_name", "owner", "street", "postal_code", "city", "email", "phone")


@dataclass(slots=True, kw_only=True)
class Value:
    """One labelled value: `machine` as JSON has it, `shown` as a person reads it."""

    label: str
    machine: Any
    shown: str


@dataclass(slots=True, kw_only=True)
class Entry:
    """One item with its values. `missing`: why a part of it is not here; `sealed`: that part, as OpenPGP made it."""

    identifier: str
    title: str
    recorded_at: str
    recorded_on: str
    values: list[Value] = field(default_factory=list)
    card: dict[str, Any] = field(default_factory=dict)
    missing: str = ""
    sealed: str = ""


@dataclass(slots=True, kw_only=True)
class Told:
    """One holding with all that Art. 15(1) GDPR wants told, and what is in it of the person."""

    name: str
    about: dict[str, Any]
    entries: list[Entry]


@dataclass(slots=True, kw_only=True)
class Answer:
    """Everything of one answer; `files` are part of the copy and named in it."""

    reference: str
    language: str
    received_on: str
    received_shown: str
    made_shown: str
    site: dict[str, str]
    holdings: list[Told]
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def entries(self) -> list[Entry]:
        return [entry for holding in self.holdings for entry in holding.entries]

    def to_json(self) -> str:
        """All of it but the files."""
        plain = asdict(self)
        del plain["files"]
        return json.dumps(plain, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str, files: Mapping[str, bytes]) -> "Answer":
        """Raises ValueError, KeyError or TypeError if it is none."""
        facts = json.loads(text)
        facts["holdings"] = [
            Told(name=told["name"], about=told["about"], entries=[_entry(entry) for entry in told["entries"]])
            for told in facts["holdings"]
        ]
        return cls(**facts, files=dict(files))


def collect(request: DataSubjectRequest, copies: Sequence[Export]) -> Answer:
    """The answer to a request, in the language that is active."""
    site = SiteSettings.current()
    files: dict[str, bytes] = {}
    entries = [(copy.item.source, _written(copy, number, files)) for number, copy in enumerate(copies, start=1)]
    return Answer(
        reference=request.reference,
        language=get_language() or "de",
        received_on=request.received_on.isoformat(),
        received_shown=date_format(request.received_on),
        made_shown=date_format(timezone.localdate()),
        site={name: str(getattr(site, name)) for name in SITE} | {"where_to_complain": site.where_to_complain()},
        holdings=[
            Told(name=name, about=about, entries=[entry for held, entry in entries if held == name])
            for name, about in _told({source for source, _entry in entries})
        ],
        files=files,
    )


def value(label: str, content: Any) -> Value:
    """A value in both spellings."""
    return Value(
        label=str(label), machine=json.loads(json.dumps(content, cls=DjangoJSONEncoder)), shown=_shown(content)
    )


def _told(held: set[str]) -> list[tuple[str, dict[str, Any]]]:
    """The holdings that something of the person is in; last those that hold copies of all the others."""
    told = sorted(registry.sources(), key=lambda source: source.holds_copies)
    return [(source.name, _about(source)) for source in told if source.name in held or (source.holds_copies and held)]


def _written(copy: Export, number: int, files: dict[str, bytes]) -> Entry:
    """`copy` in plain values; its files go into `files`, under names of their own."""
    values = [value(label, content) for label, content in copy.values.items()]
    for count, (name, content) in enumerate(copy.files, start=1):
        own = f"{number:03}-{count:02}-{get_valid_filename(name)}"
        files[own] = content
        values.append(value(_("File"), own))
    return Entry(
        identifier=copy.item.identifier,
        title=str(copy.item.title),
        recorded_at=copy.item.recorded_at.isoformat(),
        recorded_on=_shown(copy.item.recorded_at),
        values=values,
        card=dict(copy.card),
        missing=str(copy.sealed),
        sealed=copy.ciphertext,
    )


def _about(source: PersonalDataSource) -> dict[str, Any]:
    description = source.describe()
    about: dict[str, Any] = {
        part.name: [str(word) for word in told] if isinstance(told, tuple) else str(told)
        for part in fields(Description)
        for told in [getattr(description, part.name)]
    }
    if standing := str(source.standing()):
        about["location"] = f"{about['location']}; {standing}"
    return about


def _shown(content: Any) -> str:
    if content is None:
        return "–"
    if isinstance(content, bool):
        return _("yes") if content else _("no")
    if isinstance(content, datetime):
        return date_format(timezone.localtime(content), "DATETIME_FORMAT")
    if isinstance(content, date):
        return date_format(content)
    if isinstance(content, list | tuple):
        return "\n".join(_shown(part) for part in content) or "–"
    return str(content)


def _entry(facts: dict[str, Any]) -> Entry:
    return Entry(**{**facts, "values": [Value(**told) for told in facts["values"]]})
