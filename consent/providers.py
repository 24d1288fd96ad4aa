"""The providers that are known beforehand: one press makes one of them a group of the cookie choice.

What must never happen: a visitor agrees to more than was named. So one group is one provider, and a host belongs
to one group; an address of an agreed host that its provider does not offer for showing in other pages stays a link.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cookie_consent.models import CookieGroup
from django.conf import settings
from django.db import transaction
from django.db.models import Max

from consent.models import ExternalHost, GroupWording

Words = Mapping[str, str]  #: by language

_PURPOSE: Words = {
    "de": (
        "Zeigt {what} gleich in der Seite an. Der Anbieter erfährt dabei Ihre IP-Adresse, den Zeitpunkt, Angaben zu "
        "Ihrem Browser und dass Sie diese Website besuchen. Er kann eigene Cookies setzen."
    ),
    "en": (
        "Shows {what} right inside the page. The provider then learns your IP address, the time, details of your "
        "browser, and that you are visiting this website. It may set cookies of its own."
    ),
}
_LIFETIME: Words = {
    "de": "Ihre Einwilligung gilt einen Tag; wie lange Cookies des Anbieters bleiben, bestimmt er",
    "en": "Your consent holds for one day; the provider decides how long its own cookies stay",
}
MAPS: Words = {"de": "Karten", "en": "maps"}
VIDEOS: Words = {"de": "Videos", "en": "videos"}
SOUND: Words = {"de": "Musik und Podcasts", "en": "music and podcasts"}
CONTENT: Words = {"de": "Inhalte dieses Anbieters", "en": "content of this provider"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    varname: str
    name: str
    company: Words  #: firm and country
    what: Words
    privacy_url: str
    hosts: Mapping[str, str] = field(default_factory=dict)  #: host → how the paths begin that can be shown in a page

    def wording(self, language: str) -> dict[str, str]:
        """The fields of a GroupWording."""
        return _wording(language, name=self.name, company=self.company[language], what=self.what)


_GOOGLE: Words = {
    "de": "Google Ireland Limited, Irland; auch Google LLC, USA",
    "en": "Google Ireland Limited, Ireland; also Google LLC, USA",
}
OPENSTREETMAP = Provider(
    varname="openstreetmap",
    name="OpenStreetMap",
    company={
        "de": "OpenStreetMap Foundation, Vereinigtes Königreich",
        "en": "OpenStreetMap Foundation, United Kingdom",
    },
    what=MAPS,
    privacy_url="https://osmfoundation.org/wiki/Privacy_Policy",
    hosts={"www.openstreetmap.org": "/export/embed.html"},
)
PROVIDERS = (
    OPENSTREETMAP,
    Provider(
        varname="googlemaps",
        name="Google Maps",
        company=_GOOGLE,
        what=MAPS,
        privacy_url="https://policies.google.com/privacy",
        hosts={"www.google.com": "/maps/embed"},
    ),
    Provider(
        varname="youtube",
        name="YouTube",
        company=_GOOGLE,
        what=VIDEOS,
        privacy_url="https://policies.google.com/privacy",
        hosts={"www.youtube-nocookie.com": "/embed/"},
    ),
    Provider(
        varname="vimeo",
        name="Vimeo",
        company={"de": "Vimeo.com, Inc., USA", "en": "Vimeo.com, Inc., USA"},
        what=VIDEOS,
        privacy_url="https://vimeo.com/privacy",
        hosts={"player.vimeo.com": "/video/"},
    ),
    Provider(
        varname="spotify",
        name="Spotify",
        company={"de": "Spotify AB, Schweden", "en": "Spotify AB, Sweden"},
        what=SOUND,
        privacy_url="https://www.spotify.com/legal/privacy-policy/",
        hosts={"open.spotify.com": "/embed/"},
    ),
    Provider(
        varname="soundcloud",
        name="SoundCloud",
        company={
            "de": "SoundCloud Global Limited & Co. KG, Deutschland",
            "en": "SoundCloud Global Limited & Co. KG, Germany",
        },
        what=SOUND,
        privacy_url="https://soundcloud.com/pages/privacy",
        hosts={"w.soundcloud.com": "/player/"},
    ),
)


def by_name(varname: str) -> Provider | None:
    return next((provider for provider in PROVIDERS if provider.varname == varname), None)


def by_host(host: str) -> Provider | None:
    return next((provider for provider in PROVIDERS if host in provider.hosts), None)


def is_agreed(provider: Provider) -> bool:
    """Whether pages may show it already, in whichever group its host stands."""
    return ExternalHost.objects.filter(host__in=provider.hosts).exists()


@transaction.atomic
def add(*, provider: Provider) -> CookieGroup | None:
    """Ask visitors about `provider` from now on. None if they are asked already."""
    if is_agreed(provider):
        return None
    group: CookieGroup = write(
        provider,
        varname=free_varname(provider.varname, taken=set(CookieGroup.objects.values_list("varname", flat=True))),
        ordering=(CookieGroup.objects.aggregate(Max("ordering"))["ordering__max"] or 0) + 1,
        cookie_group=CookieGroup,
        group_wording=GroupWording,
        external_host=ExternalHost,
    )
    return group


def write(
    provider: Provider,
    *,
    varname: str,
    ordering: int,
    cookie_group: Any,
    group_wording: Any,
    external_host: Any,
) -> Any:
    """Create the group and all that belongs to it with the given model classes (a migration's or the real ones)."""
    group = cookie_group.objects.create(varname=varname, name=provider.name, is_required=False, ordering=ordering)
    for language, _name in settings.LANGUAGES:
        group_wording.objects.create(group=group, language=language, **provider.wording(language))
    for host, path in provider.hosts.items():
        external_host.objects.create(
            group=group,
            host=host,
            path=path,
            provider=provider.company[settings.LANGUAGE_CODE],
            privacy_url=provider.privacy_url,
        )
    return group


def words(language: str, *, name: str, company: str, known: Provider | None) -> dict[str, str]:
    """The fields of a GroupWording, also for a provider that is not among ours."""
    return known.wording(language) if known else _wording(language, name=name, company=company, what=CONTENT)


def _wording(language: str, *, name: str, company: str, what: Words) -> dict[str, str]:
    return {
        "name": name,
        "purpose": _PURPOSE[language].format(what=what[language]),
        "provider": company,
        "lifetime": _LIFETIME[language],
    }


def free_varname(wanted: str, *, taken: set[str]) -> str:
    """`wanted`, or with a number behind it; 32 characters at most."""
    names = (wanted[:32], *(f"{wanted[:29]}-{number}" for number in range(2, 100)))
    return next(name for name in names if name not in taken)
