"""`{% privacy_notice page|body_html as notice %}`: the notice as it stands, with the paragraphs that the page shows."""

import re

import nh3
from django import template
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from sitebackend.privacy import rehearsal
from sitebackend.privacy.models import Rehearsal
from sitebackend.privacy.notice.models import NoticeVersion
from sitebackend.privacy.notice.services import present_version

register = template.Library()
_BEFORE_A_NUMBER = re.compile(r"(§|\b(?:Art|Abs|Buchst|Nr|No)\.) (?=\w)")


@register.simple_tag
def privacy_notice(own: str = "") -> NoticeVersion:
    """`own`: the operator's paragraphs, sanitised, so that the kept version has them too."""
    return present_version(language=get_language() or settings.LANGUAGE_CODE, own=own)


@register.simple_tag
def last_rehearsal() -> Rehearsal | None:
    """The day changes every night: it stands beside the version, so that no version is kept for it."""
    return rehearsal.last_proved()


@register.filter
def unbroken(text: object) -> str:
    """No line ends between `Art.` or `§` and its number."""
    return _BEFORE_A_NUMBER.sub("\\1\N{NO-BREAK SPACE}", str(text))


@register.filter
def own_paragraphs(version: NoticeVersion) -> SafeString:
    """What the operator wrote then. It was cleaned before it was kept; cleaning it again lets no other way in count."""
    return mark_safe(nh3.clean(version.content["own"]))  # noqa: S308 - the line's own purpose
