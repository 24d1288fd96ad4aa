"""What the site may do with a visitor's browser must stand in the notice: cookies and hosts are compared."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from sitebackend.findings import Finding, Level, report
from sitebackend.privacy import service_providers
from sitebackend.privacy.notice.services import named


def cookies_of_the_settings() -> set[str]:
    """Every cookie that the settings let this software set."""
    names = {getattr(settings, name) for name in dir(settings) if name.endswith("_COOKIE_NAME")}
    return (names | {settings.COOKIE_CONSENT_NAME}) - {settings.LANGUAGE_COOKIE_NAME}  # the path decides the language


def hosts_of_the_policy() -> set[str]:
    """Every host that the Content-Security-Policy of all pages allows."""
    policy: dict[str, Any] = settings.CONTENT_SECURITY_POLICY
    sources = {source for directive in policy["DIRECTIVES"].values() for source in directive if isinstance(source, str)}
    return {source.removeprefix("https://") for source in sources if "." in source}


@report
def notice_is_complete(now: datetime) -> Iterator[Finding]:
    told = named()
    missing = sorted((cookies_of_the_settings() - told.cookies) | (hosts_of_the_policy() - told.hosts))
    if missing:
        yield Finding(
            area=_("Privacy notice"),
            level=Level.ALARM,
            text=_("The notice does not name: {names}.").format(names=", ".join(missing)),
            next_step=_("Name it in a group of the cookie choice, or stop using it."),
            code="notice.incomplete",
            figure=len(missing),
        )


@report
def providers_are_named(now: datetime) -> Iterator[Finding]:
    """Art. 13(1)(e) and (f), 28 GDPR; asked of a site for real use."""
    if not settings.HTTPS:
        return
    missing = [provider.task for provider in service_providers.nameless()]
    if missing:
        yield _ask(_("The privacy notice cannot name who works for you: {what}.").format(what=", ".join(missing)))
    elif service_providers.abroad() is None:
        yield _ask(_("Nobody has said whether your service providers keep data outside the European Economic Area."))


def _ask(text: str) -> Finding:
    return Finding(
        area=_("Privacy notice"),
        level=Level.WARNING,
        text=text,
        next_step=_("Enter it in the business data, under “Service providers”."),
        url=reverse("admin:sitebackend_sitesettings_changelist"),
        code="notice.providers",
    )
