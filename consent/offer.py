"""What visitors are asked now: one immutable snapshot of the question and all groups, in every language.

What must never happen: somebody is taken to have agreed to words that they were not shown. So templates
render from the snapshot, the snapshot's digest goes into the cookie, and the same snapshot is kept as an
edition. It is read from the database at most once a second and process: a change made by another process
shows within that second, and no cache has to be told.
"""

import hashlib
import json
import logging
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from cookie_consent.models import Cookie, CookieGroup
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext

from consent.models import BannerWording, Edition
from consent.own_cookies import OWN_COOKIES

logger = logging.getLogger(__name__)

FRESH_FOR = 1.0  # seconds
_reading = Lock()


@dataclass(frozen=True, slots=True)
class Offer:
    edition: str  #: digest of `content`, as it stands in the cookie
    content: dict[str, Any]  #: by language; exactly what an Edition keeps

    def in_language(self, language: str | None) -> dict[str, Any]:
        content: dict[str, Any] = self.content.get(language or "", self.content[settings.LANGUAGE_CODE])
        return content

    def providers(self, language: str | None) -> list[dict[str, Any]]:
        """The providers in use, as visitors read of them: the one list that all questions and answers go by."""
        return [group for group in self.in_language(language)["groups"] if not group["is_required"]]

    def optional_groups(self) -> frozenset[str]:
        """The names of the providers in use."""
        return frozenset(group["varname"] for group in self.providers(settings.LANGUAGE_CODE))

    def provider_of(self, url: str, language: str | None) -> dict[str, Any] | None:
        """The provider that has to be agreed to before `url` is loaded; None if pages may not load it at all."""
        parts = urlsplit(url)
        shown = (
            group
            for group in self.providers(language)
            for host in group["hosts"]
            if host["host"] == parts.hostname and parts.path.startswith(host["path"])
        )
        return next(shown, None)


_present: tuple[float, Offer] | None = None


def current() -> Offer:
    """The present offer, at most FRESH_FOR seconds old; a new one is kept as an edition."""
    known = _present
    if known and monotonic() - known[0] < FRESH_FOR:
        return known[1]
    offer, is_new = _read_once()
    if is_new:
        _keep(offer)
    return offer


def _read_once() -> tuple[Offer, bool]:
    """The offer, read by one thread for all that wait for it, and whether it is another one than before."""
    global _present
    with _reading:
        known = _present
        if known and monotonic() - known[0] < FRESH_FOR:
            return known[1], False
        began = monotonic()
        offer = read()
        _present = (began, offer)
    return offer, known is None or known[1].edition != offer.edition


def forget() -> None:
    """Let the next `current` read again: after a change. What is being read meanwhile does not count any more."""
    global _present
    with _reading:
        _present = None


def read() -> Offer:
    """The offer as the database has it now."""
    content = {code: _content(code) for code, _ in settings.LANGUAGES}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return Offer(hashlib.sha256(text.encode()).hexdigest()[:12], content)


def _keep(offer: Offer) -> None:
    # visitors can choose without this row, so a full disk or a quicker process must not stop them
    try:
        newest = Edition.objects.newest()
        if newest is None or newest.digest != offer.edition:
            with transaction.atomic():
                Edition.objects.create(
                    number=newest.number + 1 if newest else 1,
                    digest=offer.edition,
                    content=offer.content,
                    shown_from=timezone.now(),
                )
    except DatabaseError:
        logger.exception("an edition of the cookie question could not be kept")


def _content(language: str) -> dict[str, Any]:
    groups = CookieGroup.objects.order_by("ordering", "varname")
    with translation.override(language):
        return {
            "banner": _banner(language),
            "placeholder": _placeholder(),
            "groups": [
                _group(group, language)
                for group in groups.prefetch_related("wordings", "hosts", "cookie_set")
                if is_asked(group)
            ],
        }


def is_asked(group: CookieGroup) -> bool:
    """Whether `group` is about anything: nobody is asked about a group without a host and a cookie."""
    return group.is_required or bool(group.hosts.all()) or bool(group.cookie_set.all())


def _banner(language: str) -> dict[str, str]:
    wording = BannerWording.objects.filter(language=language).first() or BannerWording()
    return {"title": wording.title, "text": wording.text, "accept": gettext("Accept"), "refuse": gettext("Refuse")}


def _placeholder() -> dict[str, str]:
    return {
        "learns": gettext(
            "As soon as it is loaded, the provider learns your IP address, the time, details of your browser and "
            "that you are visiting this website. It may set cookies of its own."
        ),
        "once": gettext("Load once"),
        "always": gettext("Always load today"),
    }


def _group(group: CookieGroup, language: str) -> dict[str, Any]:
    wordings = {wording.language: wording for wording in group.wordings.all()}
    wording = wordings.get(language) or wordings.get(settings.LANGUAGE_CODE)
    provider = wording.provider if wording else ""
    return {
        "varname": group.varname,
        "is_required": group.is_required,
        "name": wording.name if wording else group.name,
        "purpose": wording.purpose if wording else group.description,
        "provider": provider or ", ".join(sorted({host.provider for host in group.hosts.all()})),
        "lifetime": wording.lifetime if wording else "",
        "cookies": [_cookie(cookie) for cookie in sorted(group.cookie_set.all(), key=lambda cookie: cookie.pk)],
        "hosts": [
            {
                "host": host.host,
                "path": host.path,
                "provider": provider or host.provider,
                "privacy_url": host.privacy_url,
            }
            for host in group.hosts.all()
        ],
    }


def _cookie(cookie: Cookie) -> dict[str, str]:
    own = OWN_COOKIES.get(cookie.name)
    if own is None:
        return {"name": cookie.name, "purpose": cookie.description, "lifetime": ""}
    return {"name": own.name(), "purpose": str(own.purpose), "lifetime": own.lifetime()}
