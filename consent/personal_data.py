"""The cookie choice is kept with the visitor only; what is kept here is nobody's."""

from cookie_consent.models import Cookie, CookieGroup, LogItem

from consent.models import BannerWording, DailyCount, Edition, ExternalHost, GroupWording
from sitebackend.privacy.registry import holds_no_personal_data

_OFFER = "what every visitor is asked"
_STRUCTURE = "leads from one part of the question to another"
_NEVER_WRITTEN = "django-cookie-consent's log, switched off in the settings"
_NUMBER = "a number per day, nobody's"

holds_no_personal_data(
    CookieGroup,
    id=_STRUCTURE,
    varname=_OFFER,
    name=_OFFER,
    description=_OFFER,
    is_required=_OFFER,
    is_deletable=_OFFER,
    ordering=_OFFER,
    created="a time",
)
holds_no_personal_data(
    Cookie,
    id=_STRUCTURE,
    cookiegroup=_STRUCTURE,
    name=_OFFER,
    description=_OFFER,
    path=_OFFER,
    domain=_OFFER,
    created="a time",
)
holds_no_personal_data(
    LogItem,
    id=_NEVER_WRITTEN,
    action=_NEVER_WRITTEN,
    cookiegroup=_NEVER_WRITTEN,
    version=_NEVER_WRITTEN,
    created=_NEVER_WRITTEN,
)
holds_no_personal_data(BannerWording, id=_STRUCTURE, language=_OFFER, title=_OFFER, text=_OFFER)
holds_no_personal_data(
    GroupWording,
    id=_STRUCTURE,
    group=_STRUCTURE,
    language=_OFFER,
    name=_OFFER,
    purpose=_OFFER,
    provider=_OFFER,
    lifetime=_OFFER,
)
holds_no_personal_data(
    ExternalHost, id=_STRUCTURE, group=_STRUCTURE, host=_OFFER, path=_OFFER, provider=_OFFER, privacy_url=_OFFER
)
holds_no_personal_data(Edition, number=_STRUCTURE, digest=_OFFER, content=_OFFER, shown_from="a time")
holds_no_personal_data(
    DailyCount, id=_STRUCTURE, day=_NUMBER, digest=_OFFER, group=_OFFER, decision=_NUMBER, count=_NUMBER
)
