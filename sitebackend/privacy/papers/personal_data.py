"""The register of breaches is about events, but its words may name somebody all the same."""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sitebackend import retention
from sitebackend.privacy.papers.account import NAMES
from sitebackend.privacy.papers.forms import BreachForm
from sitebackend.privacy.papers.models import Breach, BreachQuerySet, RecordVersion
from sitebackend.privacy.registry import (
    Action,
    DataSubject,
    Description,
    Export,
    Item,
    PersonalDataSource,
    Step,
    Text,
    holds_no_personal_data,
    register,
)
from sitebackend.privacy.versions import version_of

_NAMES_ONLY = _("The register must stay (Art. 33(5)). It needs no names: take this one out of its words.")


@register
class Breaches(PersonalDataSource):
    """Few and short: all are looked through. A name counts if each of its parts stands in the words."""

    name = "papers.breaches"
    models: ClassVar = {Breach: ("sealed", "recorded_by")}

    def describe(self) -> Description:
        return Description(
            title=_("Register of breaches"),
            persons=(_("persons whose data a breach reached"),),
            categories=(_("what happened, consequences and measures; no names, as far as the operator left them out"),),
            purposes=(_("documenting breaches, and telling authority and persons of them"),),
            legal_basis=_("Art. 6(1)(c) GDPR with Art. 33(5) and 34"),
            recipients=(_("the supervisory authority, if it must be told"),),
            retention=_("{n} calendar years after the entry is closed").format(n=retention.BREACH_YEARS),
            origin=_("written by the operator"),
            location=_("database of this site, sealed with the server's key"),
        )

    def find(self, subject: DataSubject) -> Iterator[Item]:
        for breach, by in _naming(subject):
            title = _("Entry {reference} of the register of breaches").format(reference=breach.reference)
            yield Item(
                source=self.name,
                identifier=str(breach.pk),
                title=title,
                recorded_at=breach.recorded_at,
                matched_by=by,
            )

    def export(self, subject: DataSubject) -> Iterator[Export]:
        for item in self.find(subject):
            breach = Breach.objects.get(pk=item.identifier)
            labels = {name: str(field.label) for name, field in BreachForm.base_fields.items()}
            account = breach.account
            values = {labels[name]: getattr(account, name) for name in NAMES if getattr(account, name)}
            yield Export(item=item, values={str(_("noticed")): breach.noticed_at, **values})

    def plan(self, subject: DataSubject) -> Iterator[Step]:
        for breach, _by in _naming(subject):
            row = Breach.objects.filter(pk=breach.pk)
            law, reason = _("Art. 17(3)(b) GDPR with Art. 33(5)"), _("Every breach must be documented.")
            yield self._step(Action.RETAIN, row, law, reason, until=_last_day(breach), by_hand=_NAMES_ONLY)

    def erase(self, action: Action, rows: Collection[UUID]) -> int:
        """Only retention erases here."""
        return Breach.objects.filter(pk__in=rows).delete()[1].get(Breach._meta.label, 0)

    def due(self, today: date) -> Iterable[Step]:
        first_kept = retention.midnight(retention.first_kept_day(today, retention.BREACH_YEARS))
        old = Breach.objects.filter(closed_at__lt=first_kept)
        reason = _("Three calendar years since it was closed.")
        yield self._step(Action.DELETE, old, _("§§ 195, 199 BGB: limitation is over"), reason)

    def _step(
        self,
        action: Action,
        rows: BreachQuerySet,
        law: Text,
        reason: Text,
        *,
        until: date | None = None,
        by_hand: Text = "",
    ) -> Step:
        return Step(
            source=self.name,
            action=action,
            rows=tuple(rows.order_by("pk").values_list("pk", flat=True)),
            version=version_of(rows),
            law=law,
            reason=reason,
            until=until,
            by_hand=by_hand,
        )


def _last_day(breach: Breach) -> date | None:
    if breach.closed_at is None:
        return None
    return retention.end_of_calendar_years(timezone.localdate(breach.closed_at), retention.BREACH_YEARS)


def _naming(subject: DataSubject) -> Iterator[tuple[Breach, tuple[str, ...]]]:
    """The entries whose words name this person, with what led there."""
    wanted = {"email": [subject.email.strip()], "name": subject.name.split() if subject.postal_code else []}
    said = {statement: parts for statement, parts in wanted.items() if all(parts) and parts}
    for breach in subject.narrow(Breach.objects.all()) if said else ():
        words = breach.account.words()
        by = tuple(statement for statement, parts in said.items() if all(_stands_in(words, part) for part in parts))
        if by:
            yield breach, by


def _stands_in(words: str, part: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(part)}(?!\w)", words, re.IGNORECASE) is not None


_EVENT = "a fact of the event, or a step and its time"
holds_no_personal_data(
    Breach,
    reference="random",
    **dict.fromkeys(("noticed_at", "began_at", "ended_at", "confidentiality", "integrity", "availability"), _EVENT),
    **dict.fromkeys(("risk", "reported_at", "told_at", "not_told", "recorded_at", "closed_at"), _EVENT),
    persons="a number, nobody's",
    records="a number",
    authority_reference="the authority's own mark for the case",
    reminded_at_hours="a number of ours",
)
_PAPER = "about kinds of persons; who is named in it is the business itself"
holds_no_personal_data(RecordVersion, number="a number", digest="of a text", content=_PAPER, valid_from="a time")
