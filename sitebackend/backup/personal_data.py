"""The backups' own rows hold no personal data; the files hold copies of everything, and nobody looks into them."""

from collections.abc import Iterator

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sitebackend.backup import upload
from sitebackend.backup.models import Backup
from sitebackend.privacy.registry import (
    CopiesElsewhere,
    Description,
    PersonalDataSource,
    Text,
    holds_no_personal_data,
    register,
)


@register
class Backups(CopiesElsewhere, PersonalDataSource):
    """Encrypted files on other media. Erasing does not cut into them; the journal keeps a restore from reviving.

    They are opened for a restore, not to look for somebody; the letter says how long they still hold what went.
    """

    name = "backup.files"

    def describe(self) -> Description:
        return Description(
            title=_("Backups"),
            persons=(_("everybody whose data this site holds"),),
            categories=(_("copies of all the other holdings, as they were on the day of the backup"),),
            purposes=(_("bringing the site back after a loss (Art. 32(1)(c) GDPR)"),),
            legal_basis=_("Art. 6(1)(f) GDPR with Art. 32"),
            recipients=(_("the provider of the backup storage") if upload.is_set() else _("nobody"),),
            retention=_retention(),
            origin=_("made by this site"),
            location=_location(),
        )

    def outlasting(self) -> Iterator[Text]:
        if settings.BACKUP_TARGETS:
            own = _(
                "Encrypted backups on our own media may hold it for {n} days, the newest until there is a newer one, "
                "and one on a medium that is not connected until it is again."
            )
            yield own.format(n=settings.BACKUP_MAX_AGE_DAYS)
        if upload.is_set():
            yield _("Encrypted backups with a storage provider may hold it for the period that is set there.")
        if not (settings.BACKUP_TARGETS or upload.is_set()) and Backup.objects.whole().exists():
            yield _("Encrypted backups of earlier times, on media that are no longer used, may hold it.")

    def standing(self) -> str:
        """How many there are, and the day of the oldest."""
        whole = Backup.objects.whole().order_by("created_at")
        count, oldest = whole.count(), whole.first()
        if oldest is None:
            return ""
        words = ngettext("{n} is known, of {day}", "{n} are known, the oldest of {day}", count)
        return words.format(n=count, day=date_format(oldest.created_at.date()))


holds_no_personal_data(
    Backup,
    id="a number",
    created_at="a time",
    name="made of the time",
    size="a number of bytes",
    sha256="digest of ciphertext",
    journal_number="a number",
    media="folders of this machine",
    missed="folders of this machine, and errors of theirs",
    database_damaged="yes or no",
    verified_at="a time",
    drilled_at="a time",
    failure="an error of this machine",
)


def _retention() -> str:
    """How old they get: on our own media as the setting says; elsewhere that place decides."""
    parts = []
    if settings.BACKUP_TARGETS:
        own = _(
            "{n} days, the newest until there is a newer one, and on a medium that is not connected until it is again; "
            "what was erased is never brought back from them"
        )
        parts.append(own.format(n=settings.BACKUP_MAX_AGE_DAYS))
    if upload.is_set():
        parts.append(_("with the storage provider: as set there"))
    return "; ".join(map(str, parts or [_("not at all: no backups are made at present")]))


def _location() -> str:
    places = []
    if settings.BACKUP_TARGETS:
        places.append(_("on other media, encrypted to the operator's OpenPGP key"))
    if upload.is_set():
        places.append(_("with a storage provider, encrypted to the operator's OpenPGP key"))
    return "; ".join(map(str, places or [_("nowhere: no backups are made at present")]))
