"""The personal-data registry: every holding of personal data, described by the app that keeps it.

Each app registers one source per holding in its `personal_data.py`, found the way `admin.py` is found:

    @register
    class Submissions(PersonalDataSource): ...

`describe` feeds the notice, the access answer (Art. 15(1) GDPR) and the record of processing activities
(Art. 30). `find` and `export` answer for one person. `plan` says what erasing would do, `erase` does it to
exactly those rows, `due` names what retention says must go; `sitebackend.privacy.erasure` drives these three.
Every field of every model belongs to a source or is listed as holding no personal data, with the reason; a
test compares that with the models.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Model, QuerySet, TextChoices, UUIDField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sitebackend.crypto.sealing import SealingError
from sitebackend.models import Operator
from sitebackend.privacy.data_subject import UNCLEAR as UNCLEAR
from sitebackend.privacy.data_subject import DataSubject as DataSubject
from sitebackend.privacy.journal_line import Mark
from sitebackend.vault.models import Lock
from sitebackend.vault.opened import OpenVault, Unlocked

Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One holding as Art. 15(1) and Art. 30 GDPR want it told."""

    title: Text
    persons: tuple[Text, ...]  #: categories of data subjects (Art. 30(1)(c))
    categories: tuple[Text, ...]
    purposes: tuple[Text, ...]
    legal_basis: Text
    recipients: tuple[Text, ...]
    retention: Text
    origin: Text
    location: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing held on a person, as far as it can be told without decrypting anything."""

    source: str
    identifier: str  #: random key of the row, or its reference
    title: Text
    recorded_at: datetime
    matched_by: tuple[str, ...]  #: which of the person's statements led here
    person: str = ""  #: key of the record that tells whose it is; empty: the row itself

    @property
    def owner(self) -> str:
        return self.person or self.identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRecord:
    """A row that tells whose something is, as far as that can be told while everything is closed.

    `key`: the row's random key. The sets hold digests of `crypto.lookup`. Two anchors are always two persons.
    """

    key: str
    kind: Text
    number: str = ""
    name: str = ""  #: if it is readable here
    names: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()  #: name with postal code
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    postal_codes: frozenset[str] = frozenset()  #: in the clear, of those who are kept in the clear
    is_anchor: bool = False
    belongs_to: frozenset[str] | None = None  #: keys of those whom an operator chose; None: nobody chose
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The copy of one item: labelled values, and files that are part of it.

    `sealed`: why a part of it is not open here and now. `in_vault`: the source's lock opens that part.
    `ciphertext`: the operator's secret key opens it, wherever that is.
    """

    item: Item
    values: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[tuple[str, bytes], ...] = ()
    card: Mapping[str, Any] = field(default_factory=dict)  #: contact data, by the names of `documents.forms`
    sealed: Text = ""
    in_vault: bool = False
    ciphertext: str = ""


class Action(TextChoices):
    """What an erasure does to a row."""

    DELETE = "delete", _("delete")
    REDACT = "redact", _("delete what leads to the person")
    RESTRICT = "restrict", _("restrict to the legal duty")
    RETAIN = "retain", _("keep")


class Measure(TextChoices):
    """What else is done to rows on the person's word; the journal names it, and a restore repeats it."""

    RESTRICT = "art-18-restrict", _("restrict")
    RELEASE = "art-18-release", _("lift the restriction")
    CORRECT = "art-16-correct", _("correct")
    PROMISE = "promise", _("promise an end")
    PUT_BACK = "put-back", _("put back what retention erased by a wrong clock")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correctable:
    """A row whose values can be put right on the person's word (Art. 16 GDPR)."""

    source: str
    row: UUID
    title: Text
    values: Mapping[str, tuple[Text, str]]  #: name of the field → its label and its value


@dataclass(frozen=True, slots=True, kw_only=True)
class Closable:
    """A purpose that a row is used for and that the person can end (Art. 7(3) and 21 GDPR)."""

    source: str
    row: UUID
    purpose: str
    title: Text
    consequences: tuple[Text, ...]

    @property
    def key(self) -> str:
        return f"{self.source}|{self.row}|{self.purpose}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happens to some rows of one holding, and why: one line of the preview of an erasure."""

    source: str
    action: Action
    rows: tuple[UUID, ...]
    version: str  #: `versions.version_of` these rows: what was previewed is what is there
    law: Text
    reason: Text
    until: date | None = None  #: of what stays: its last day
    consequence: Text = ""  #: what the loss means for the person, such as for a contract
    title: Text = ""  #: what the rows are, where each has a name of its own: a document's kind, number and date
    promise: Mark | None = None  #: what the answer promises about rows that stay, to be written on them
    moves_by_itself: bool = False  #: the background service takes such rows away meanwhile: no new preview for that
    by_hand: Text = ""  #: what no program reaches and the operator must delete: the mailbox


class PersonalDataSource:
    """One holding. Subclasses name it, say which model fields are in it, and implement the verbs."""

    name: ClassVar[str]  #: stable, as in "contact.submissions"; the erasure journal names it for years
    models: ClassVar[Mapping[type[Model], tuple[str, ...]]]  #: the fields that hold or lead to personal data
    erased_after: ClassVar[int] = 0  #: what others' rows refer to goes after them: the higher, the later
    holds_copies: ClassVar[bool] = False  #: of what the others hold (backups, mailbox): told in every answer
    lock: ClassVar[Lock] = Lock.VAULT  #: what is sealed here opens with it
    concerns_the_public: ClassVar[bool] = True  #: False: on the site's own operators only; the notice leaves it out
    may_be_restricted: ClassVar[bool] = False  #: what `find` names can be kept without being used (Art. 18)

    def describe(self) -> Description:
        raise NotImplementedError

    def standing(self) -> Text:
        """What an answer adds to the description: how it stands today. Empty: nothing."""
        return ""

    def find(self, subject: DataSubject) -> Iterable[Item]:
        """What is held on this person, decrypting nothing."""
        raise NotImplementedError

    def persons(self, subject: DataSubject) -> Iterable[PersonRecord]:
        """What tells whose the items of `find` are. An item without such a record cannot be attributed."""
        return ()

    def texts_naming(self, words: str, unlocked: Unlocked) -> Iterable[Item]:
        """The rows whose texts hold all these words, as far as they open with what is unlocked: others' texts as well.

        Whoever is found by their statements is not found here: this is for what somebody else wrote of them.
        """
        return ()

    def addresses(self, subject: DataSubject) -> Iterable[str]:
        """The mail address stored with each person whom this may be, as far as it is readable here and may be used."""
        return ()

    def recipients(self, subject: DataSubject) -> Iterable[Text]:
        """Who else really received data of this person, and must hear of a change to them (Art. 19 GDPR)."""
        return ()

    def export(self, subject: DataSubject) -> Iterable[Export]:
        """The copy of what `find` finds."""
        raise NotImplementedError

    def opened(self, copies: Sequence[Export], vault: Unlocked) -> list[Export]:
        """The copies with what is unlocked can show of them. An altered value does not hide the others."""
        if not isinstance(vault, OpenVault):
            return list(copies)
        return [self._opened(copy, vault) if copy.sealed else copy for copy in copies]

    def _opened(self, copy: Export, vault: OpenVault) -> Export:
        try:
            return self.open(copy, vault)
        except SealingError:
            return replace(copy, sealed=_("It was altered, and does not open any more."), in_vault=False)

    def open(self, copy: Export, vault: OpenVault) -> Export:
        """The copy with its sealed part, or the same copy if there is none. Raises SealingError."""
        return copy

    def opens_ciphertexts(self) -> bool:
        """Whether opening the lock also leads to the operator's secret key, here on this machine."""
        return False

    def plan(self, subject: DataSubject) -> Iterable[Step]:
        """What erasing would do to every row that `find` finds, what stays included."""
        raise NotImplementedError

    def erase(self, action: Action, rows: Collection[UUID]) -> int:
        """Do `action` to exactly these rows and give how many there were.

        It is repeated after a killed run and after a restore: rows that are gone, or done already, are no error.
        """
        raise NotImplementedError

    def erase_again(self, action: Action, rows: Collection[UUID]) -> int:
        """After a restore: what stood in the way when the backup was made did not when the rows were erased."""
        return self.erase(action, rows)

    def promise(self, rows: Collection[UUID], mark: Mark) -> None:
        """Write on rows that stay what an answer promises about them; the journal has it already."""
        raise NotImplementedError

    def promise_again(self, rows: Collection[UUID], mark: Mark) -> None:
        """After a restore: write on those of `rows` that are here what an answer promised (Measure.PROMISE)."""
        self.promise(rows, mark)

    def kept_by_law(self, rows: Collection[UUID]) -> Mapping[UUID, str]:
        """Those of `rows` that a law keeps now, each with its name: no journal erases them again."""
        return {}

    def left_of(self, rows: Collection[UUID]) -> int:
        """How many of `rows` are in any table of this holding."""
        keyed = [model for model in self.models if isinstance(model._meta.pk, UUIDField)]
        return sum(model._base_manager.filter(pk__in=rows).count() for model in keyed)

    def due(self, today: date) -> Iterable[Step]:
        """What retention says must go today; with the action RETAIN what a hold keeps although its time is over."""
        return ()

    def present(self, rows: Collection[UUID]) -> list[UUID]:
        """Those of `rows` that are in this holding's first table."""
        model = next(iter(self.models))
        return list(model._base_manager.filter(pk__in=rows).values_list("pk", flat=True))

    def contacts(self) -> tuple[QuerySet[Any], str] | None:
        """What persons sent by themselves: rows with `email_digest` and `phone_digest`, and the column of its time."""
        return None

    def page_of(self, identifier: str) -> str:
        """The path of the page on which the operator sees this item; empty: there is none."""
        return ""

    def correctable(self, subject: DataSubject) -> Iterable[Correctable]:
        """What of this person can be corrected here."""
        return ()

    def correct(self, row: UUID, values: Mapping[str, str]) -> None:
        """Take over the values that the person says are right. Raises ValidationError."""
        raise NotImplementedError

    def closable(self, subject: DataSubject) -> Iterable[Closable]:
        """The purposes that this person's data are open for and that an objection closes."""
        return ()

    def close(self, row: UUID, purpose: str, *, by: Operator | None, channel: str, at: datetime) -> None:
        """Close one of them, for good, the journal's line first. `channel`: of models.Channel. Raises Refused."""
        raise NotImplementedError


class CopiesElsewhere:
    """For copies of what others hold: nothing is looked for or erased in them, but every answer describes them."""

    models: ClassVar[Mapping[type[Model], tuple[str, ...]]] = {}
    holds_copies: ClassVar[bool] = True

    def outlasting(self) -> Iterable[Text]:
        """Sentences of the letter about an erasure: how long these copies may hold what went. None by default."""
        return ()

    def find(self, subject: DataSubject) -> Iterable[Item]:
        return ()

    def export(self, subject: DataSubject) -> Iterable[Export]:
        return ()

    def plan(self, subject: DataSubject) -> Iterable[Step]:
        return ()


_sources: dict[str, PersonalDataSource] = {}
_without_personal_data: dict[type[Model], dict[str, str]] = {}


def register(source: type[PersonalDataSource]) -> type[PersonalDataSource]:
    """Class decorator: adds the source. Two of one name are a programming error."""
    if source.name in _sources:
        raise ValueError(f"two personal-data sources are called {source.name}")
    _sources[source.name] = source()
    return source


def holds_no_personal_data(model: type[Model], /, **reasons: str) -> None:
    """List fields of `model` that hold none, each with its reason: `created_at="a time"`."""
    _without_personal_data.setdefault(model, {}).update(reasons)


def sources() -> tuple[PersonalDataSource, ...]:
    """All sources, in the order of their names."""
    return tuple(_sources[name] for name in sorted(_sources))


def source(name: str) -> PersonalDataSource:
    return _sources[name]


def fields_without_personal_data() -> Mapping[type[Model], Mapping[str, str]]:
    return _without_personal_data


def find(subject: DataSubject) -> list[Item]:
    """Everything held on one person, over all apps."""
    return [item for source in sources() for item in source.find(subject)]


def stored_address(subject: DataSubject) -> str:
    """The mail address stored with the one person who is found; empty if there is none, or more than one person."""
    found = [address for holding in sources() for address in holding.addresses(subject)]
    return found[0] if len(found) == 1 else ""


def recipients(subject: DataSubject) -> list[str]:
    """Who received data of this person, over all apps."""
    return [str(recipient) for source in sources() for recipient in source.recipients(subject)]


def outlasting() -> list[str]:
    """How long copies elsewhere may hold what an erasure took, over all apps: sentences in the active language."""
    copies = (holding for holding in sources() if isinstance(holding, CopiesElsewhere))
    return [str(sentence) for holding in copies for sentence in holding.outlasting()]


def export(subject: DataSubject, vault: Unlocked | None = None) -> list[Export]:
    """The copy of everything held on one person, over all apps; with what is unlocked opened."""
    held = (copy for holding in sources() for copy in holding.export(subject))
    copies = [copy for copy in held if subject.may_use(copy.item.matched_by)]
    return opened(copies, vault) if vault else copies


def opened(copies: Iterable[Export], vault: Unlocked) -> list[Export]:
    """The copies with what is unlocked can show of them."""
    by_source = groupby(copies, key=lambda copy: copy.item.source)
    return [copy for name, own in by_source for copy in source(name).opened(list(own), vault)]


def contacts() -> list[tuple[PersonalDataSource, QuerySet[Any], str]]:
    """What persons sent by themselves, over all apps: whoever asks for the last sign of somebody knows no other app."""
    return [(source, *kept) for source in sources() if (kept := source.contacts())]


def restrictable(subject: DataSubject) -> list[Item]:
    """What of this person can be kept without being used."""
    held = (item for source in sources() if source.may_be_restricted for item in source.find(subject))
    return [item for item in held if subject.may_use(item.matched_by)]
