"""That somebody's rows are restricted is told to the person; it goes with the rows."""

from collections.abc import Iterator
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from sitebackend.privacy import registry
from sitebackend.privacy.registry import DataSubject, Description, Export, Item, PersonalDataSource, Step, register
from sitebackend.privacy.restriction.models import Restriction


@register
class Restrictions(PersonalDataSource):
    name = "privacy.restrictions"
    models = {Restriction: ("row", "holding", "reason", "since")}

    def describe(self) -> Description:
        return Description(
            title=_("Restrictions of use"),
            persons=(_("persons who ask about their data"),),
            categories=(_("which of the person's data are kept without being used, and since when"),),
            purposes=(_("keeping to a restriction that the person asked for"),),
            legal_basis=_("Art. 6(1)(c) GDPR with Art. 18"),
            recipients=(_("nobody"),),
            retention=_("until the restriction is lifted or the data are erased"),
            origin=_("from the person's request"),
            location=_("database of this site"),
        )

    def find(self, subject: DataSubject) -> Iterator[Item]:
        for item, found in _restricted(subject):
            title = _("Restricted: {title}").format(title=item.title)
            yield Item(
                source=self.name,
                identifier=str(found.pk),
                title=title,
                recorded_at=found.since,
                matched_by=item.matched_by,
                person=item.owner,
            )

    def export(self, subject: DataSubject) -> Iterator[Export]:
        reasons = {str(found.pk): found.get_reason_display() for _item, found in _restricted(subject)}
        for item in self.find(subject):
            yield Export(
                item=item,
                values={
                    str(_("restricted since")): item.recorded_at,
                    str(_("reason")): reasons[item.identifier],
                },
            )

    def plan(self, subject: DataSubject) -> Iterator[Step]:
        """Nothing of its own: a restriction goes with the row that it is on."""
        return iter(())


def _restricted(subject: DataSubject) -> list[tuple[Item, Restriction]]:
    if not Restriction.objects.exists():
        return []
    held = {UUID(item.identifier): item for item in registry.restrictable(subject)}
    return [(held[found.row], found) for found in Restriction.objects.on([*held])]
