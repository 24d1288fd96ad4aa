"""The cookies that this software itself sets, with names and lifetimes as the settings have them.

Their rows in django-cookie-consent's table carry the name without the `__Host-` prefix, which depends on
https; what visitors read is made here, so that it cannot differ from what is set.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from sitebackend import retention


@dataclass(frozen=True, slots=True)
class OwnCookie:
    name: Callable[[], str]
    purpose: Promise
    lifetime: Callable[[], str]


def hours(seconds: int) -> str:
    """`24 hours` in the active language; seconds are rounded up to whole hours."""
    number = -(-seconds // 3600)
    return ngettext("%(number)d hour", "%(number)d hours", number) % {"number": number}


def days(number: int) -> str:
    return ngettext("%(number)d day", "%(number)d days", number) % {"number": number}


def _session() -> str:
    return gettext("until the browser is closed, %(hours)s at most") % {"hours": hours(settings.SESSION_COOKIE_AGE)}


OWN_COOKIES = {
    "einwilligung": OwnCookie(
        lambda: settings.COOKIE_CONSENT_NAME,
        _("Remembers your cookie choice, when you made it, and to which edition of the question."),
        lambda: hours(settings.COOKIE_CONSENT_MAX_AGE),
    ),
    "admin-session": OwnCookie(
        lambda: settings.SESSION_COOKIE_NAME,
        _("Keeps the operator logged in to the administration. Visitors never get it."),
        _session,
    ),
    "admin-csrf": OwnCookie(
        lambda: settings.CSRF_COOKIE_NAME,
        _("Protects the forms of the administration. Visitors never get it."),
        lambda: gettext("until the browser is closed"),
    ),
    "admin-device": OwnCookie(
        lambda: settings.DEVICE_COOKIE_NAME,
        _(
            "Tells the operator's browser from one that is not known, so that a stranger's login is noticed. "
            "Visitors never get it."
        ),
        lambda: days(retention.KNOWN_BROWSERS.days),
    ),
    "vault": OwnCookie(
        lambda: settings.VAULT_COOKIE_NAME,
        _("Keeps the operator's vault unlocked. Visitors never get it."),
        lambda: gettext("until the browser is closed or the vault is locked"),
    ),
}
