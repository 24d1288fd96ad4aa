"""Who works for the business and sees personal data in doing so (Art. 13(1)(e), 28 GDPR): hosting, mail, storage.

What is in use the settings say; who it is, HOSTING_PROVIDER and MAIL_PROVIDER, or else the business data. Whoever
is in use and has no name here is a finding, and is told by what it does until it has one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sitebackend.models import SiteSettings
from sitebackend.setting_parsers import LOOPBACK

NOWHERE = {"keine", "keines", "nein", "none", "no"}


@dataclass(frozen=True, slots=True)
class Provider:
    """One that is in use. `name`: with its place; empty while nobody has said it."""

    code: str
    task: str
    name: str
    contract_on: date | None = None

    def __str__(self) -> str:
        if not self.name:
            return self.task
        told = f"{self.task}: {self.name}"
        if self.contract_on is None:
            return told
        day = date_format(self.contract_on)
        return _("{provider} (contract under Art. 28 GDPR of {day})").format(provider=told, day=day)


def in_use() -> list[Provider]:
    """All of them, in the active language."""
    return [*_known_by_task(), *_further()]


def nameless() -> list[Provider]:
    """Those in use that nobody has named yet."""
    return [provider for provider in in_use() if not provider.name]


def abroad() -> str | None:
    """Where and why they keep data outside the European Economic Area; empty: nowhere; None: nobody has looked."""
    said = SiteSettings.current().third_countries.strip()
    if said.strip(". ").lower() not in NOWHERE:
        return said or None
    return None if nameless() else ""


def _known_by_task() -> Iterator[Provider]:
    site = SiteSettings.current()
    hosting = settings.HOSTING_PROVIDER or site.hosting_provider
    if hosting or settings.HTTPS:
        yield Provider("hosting", _("server (hosting)"), hosting, site.hosting_contract_on)
    mail = settings.MAIL_PROVIDER or site.mail_provider
    if mail or settings.SENDS_MAIL:
        yield Provider("mail", _("e-mail"), mail, site.mail_contract_on)
    if settings.BACKUP_UPLOAD_COMMAND:
        yield Provider("backup", _("storage of the encrypted backups"), site.backup_provider, site.backup_contract_on)


def _further() -> Iterator[Provider]:
    lines = [line.strip() for line in SiteSettings.current().further_providers.splitlines() if line.strip()]
    yield from (Provider("further", *_task_and_name(line)) for line in lines)
    if not lines:
        yield from (Provider(code, task, "") for code, task in _elsewhere())


def _task_and_name(line: str) -> tuple[str, str]:
    task, colon, name = line.partition(":")
    return (task.strip(), name.strip()) if colon and name.strip() else (_("further service"), line)


def _elsewhere() -> Iterator[tuple[str, str]]:
    """What the settings put on another machine."""
    if _is_remote(settings.DATABASES["default"].get("HOST", "")):
        yield "database", _("the database server")
    if any(_is_remote(_host_of(place)) for place in _cache_places()):
        yield "cache", _("the cache server, which counts requests")


def _cache_places() -> list[str]:
    place = settings.CACHES["default"].get("LOCATION", "")
    return [place] if isinstance(place, str) else list(place)


def _host_of(place: str) -> str:
    return place.partition("://")[2].rpartition("@")[2].partition("/")[0].rpartition(":")[0] if "://" in place else ""


def _is_remote(host: str) -> bool:
    return bool(host) and not host.startswith("/") and host not in LOOPBACK
