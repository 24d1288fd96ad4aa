"""The record of processing activities (Art. 30 GDPR), out of registry and settings: it cannot say what is not so.

Whenever it says something new a dated version is kept; the earlier ones stay, to read and to compare.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from sitebackend.comparison import Piece, compare
from sitebackend.formats.periods import spell_out
from sitebackend.models import SiteSettings
from sitebackend.privacy import registry, service_providers
from sitebackend.privacy.notice.services import named
from sitebackend.privacy.papers.measures import measures
from sitebackend.privacy.papers.models import RecordVersion
from sitebackend.privacy.registry import Description

COLUMNS = (
    "title",
    "purposes",
    "persons",
    "categories",
    "legal_basis",
    "recipients",
    "retention",
    "origin",
    "location",
)
LOOK_EVERY = 60 * 60  # seconds


def present_version() -> RecordVersion:
    """The record as it stands now, in the site's language; kept if it says something new."""
    with translation.override(settings.LANGUAGE_CODE):
        version = RecordVersion.after(RecordVersion.objects.newest(), _content())
    if version.pk is None:
        try:
            with transaction.atomic():
                version.save()
        except IntegrityError:  # another process was quicker
            version = RecordVersion.objects.get(number=version.number)
    return version


def keep_if_new(now: object) -> int:
    """Worker job, once an hour: keep a version if the record says something new; gives 1 if so."""
    if not cache.add("privacy.record.looked", 1, LOOK_EVERY):
        return 0
    known = RecordVersion.objects.count()
    present_version()
    return RecordVersion.objects.count() - known


def as_csv(version: RecordVersion) -> str:
    """For spreadsheets: UTF-8 with a byte order mark, semicolons, as German ones expect."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";")
    writer.writerow(version.content["headings"])
    writer.writerows(version.content["activities"])
    return "\ufeff" + buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Difference:
    """What one place of the record said before and says now."""

    place: str
    pieces: list[Piece]


def differences(before: RecordVersion, after: RecordVersion) -> list[Difference]:
    """Every place that two versions do not say alike, in the order of the later one."""
    old, new = _places(before), _places(after)
    places = [place for place in dict.fromkeys(chain(new, old)) if old.get(place) != new.get(place)]
    return [Difference(place, compare(old.get(place, ""), new.get(place, ""))) for place in places]


def _content() -> dict[str, Any]:
    """Plain values only: what is kept is what is compared."""
    return {
        "controller": [list(pair) for pair in _controller()],
        "headings": _headings(),
        "activities": [_activity(description) for description in _descriptions()],
        "measures": [[goal, lines] for goal, lines in measures()],
    }


def _controller() -> Iterator[tuple[str, str]]:
    """Art. 30(1)(a) and (e)."""
    site = SiteSettings.current()
    yield _("Controller"), f"{site.business_name}, {site.owner}"
    yield _("Postal address"), f"{site.street}, {site.postal_code} {site.city}, {site.country}"
    yield _("E-mail address"), site.email
    yield _("Telephone"), site.phone
    yield _("Data protection officer"), _("not required for a business of this size (§ 38 BDSG)")
    yield (
        _("Supervisory authority"),
        site.authority or _("the one of the federal state, which the business data do not name yet"),
    )
    yield _("Service providers (Art. 28)"), "; ".join(map(str, service_providers.in_use()))
    yield _("Transfers to third countries"), _transfers()


def _transfers() -> str:
    by_providers = service_providers.abroad()
    said = [_("not looked into yet: see the business data") if by_providers is None else by_providers or _("none")]
    if hosts := ", ".join(sorted(named().hosts)):
        said.append(_("content from {hosts} is loaded only after the visitor agreed to it").format(hosts=hosts))
    return "; ".join(said)


def _headings() -> list[str]:
    return [
        _("Processing activity"),
        _("Purposes"),
        _("Whose data"),
        _("Categories"),
        _("Legal basis"),
        _("Recipients"),
        _("Kept for"),
        _("Source"),
        _("Stored in"),
    ]


def _descriptions() -> Iterator[Description]:
    """What is held, by the registry, and the one activity that holds nothing: delivering the site."""
    yield from (source.describe() for source in registry.sources())
    lifetime = spell_out(timedelta(seconds=settings.COOKIE_CONSENT_MAX_AGE))
    yield Description(
        title=_("Delivering the website"),
        persons=(_("visitors"),),
        categories=(_("nothing that is stored; the address (IP) while a page is on its way"), _("the cookie choice")),
        purposes=(_("showing the pages, and remembering the visitor's choice for {period}").format(period=lifetime),),
        legal_basis=_("Art. 6(1)(f) GDPR, § 25(2) No. 2 TDDDG"),
        recipients=(_log_keeper(),),
        retention=_("not at all; the choice lies in the visitor's own browser"),
        origin=_("the visitor's browser"),
        location=_("nowhere"),
    )


def _log_keeper() -> str:
    return {
        "none": _("nobody: no access log is kept"),
        "provider": _("the hosting provider, whose web server may log addresses"),
        "own": _("nobody; the business's own web server logs requests with their addresses for {n} days").format(
            n=settings.ACCESS_LOG_DAYS
        ),
    }[settings.ACCESS_LOG]


def _activity(description: Description) -> list[str]:
    values = (getattr(description, column) for column in COLUMNS)
    return ["; ".join(map(str, value)) if isinstance(value, tuple) else str(value) for value in values]


def _places(version: RecordVersion) -> dict[str, str]:
    """Where → what it says there."""
    places: dict[str, str] = dict(version.content["controller"])
    for title, said in version.activities():
        places |= {f"{title}: {heading}": value for heading, value in said}
    return places | {goal: "\n".join(lines) for goal, lines in version.content["measures"]}
