"""The record of processing activities (Art. 30 GDPR), out of the registry: it cannot say what is not so."""

import csv
import io
from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _

from sitebackend.models import SiteSettings
from sitebackend.privacy import registry
from sitebackend.privacy.registry import Description

COLUMNS = ("title", "purposes", "categories", "legal_basis", "recipients", "retention", "origin", "location")


def headings() -> list[str]:
    """What each column is called."""
    return [
        _("Processing activity"),
        _("Purposes"),
        _("Categories"),
        _("Legal basis"),
        _("Recipients"),
        _("Kept for"),
        _("Source"),
        _("Stored in"),
    ]


def activities() -> list[list[str]]:
    """One line per holding, in the order of `COLUMNS`."""
    return [[_text(source.describe(), column) for column in COLUMNS] for source in registry.sources()]


def controller() -> list[tuple[str, str]]:
    """Art. 30(1)(a)."""
    site = SiteSettings.current()
    return [
        (_("Controller"), f"{site.business_name}, {site.owner}"),
        (_("Postal address"), f"{site.street}, {site.postal_code} {site.city}, {site.country}"),
        (_("E-mail address"), site.email),
        (_("Telephone"), site.phone),
        (_("Transfers to third countries"), _("none")),
    ]


def measures() -> Iterator[str]:
    """Technical and organisational measures (Art. 30(1)(g) with Art. 32), as the settings make them."""
    yield _("Messages of the contact form are encrypted to the operator's OpenPGP key before they are stored.")
    yield _("Technical data, signed consents and documents are sealed; the server cannot open them while it is locked.")
    yield _("Backups are encrypted and signed, and kept for at most {n} days.").format(n=settings.BACKUP_MAX_AGE_DAYS)
    yield _("Neither IP addresses nor browser identifications are stored or logged by this software.")
    yield _("Erasures are previewed, carried out exactly as previewed, proved, and never undone by a restore.")
    if settings.HTTPS:
        yield _("The whole site is served encrypted (https).")
    if settings.ADMIN_SECOND_FACTOR == "required":
        yield _("The administration asks for a password and a second factor.")


def as_csv() -> str:
    """For spreadsheets: UTF-8 with a byte order mark, semicolons, as German ones expect."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";")
    writer.writerow(headings())
    writer.writerows(activities())
    return "\ufeff" + buffer.getvalue()


def _text(description: Description, column: str) -> str:
    value = getattr(description, column)
    return "; ".join(map(str, value)) if isinstance(value, tuple) else str(value)
