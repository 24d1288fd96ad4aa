"""What makes a submission suspect: judged here alone, without third parties, cookies or scripts.

Each sign weighs; one weak sign alone never holds a message back, for people are fast, write in capitals and
send links too. A suspect is stored like any other and waits in the inbox; nothing is thrown away.
"""

import re
from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from sitebackend.nonce import Age

HELD_FROM = 3  # points
USES_OF_A_NONCE = 3  # a person who goes back, corrects and sends again stays below
_WEIGHTS = {
    "honeypot": 3,
    "too_fast": 1,
    "form_reused": 3,
    "many_links": 2,
    "link_in_name": 3,
    "markup": 2,
    "same_text_everywhere": 2,
    "invisible_text": 2,
}
WORDS = {
    "honeypot": _("the field that people do not see was filled in"),
    "too_fast": _("sent within seconds"),
    "form_reused": _("one form was sent with many contents"),
    "many_links": _("many links"),
    "link_in_name": _("a link in the name"),
    "markup": _("links in a forum's or a page's markup"),
    "same_text_everywhere": _("the same text in every field"),
    "invisible_text": _("mostly invisible signs"),
}
_LINK = re.compile(r"(?:https?://|www\.)\S", re.IGNORECASE)
_MARKUP = re.compile(r"\[url[=\]]|<a\s[^<>]*href", re.IGNORECASE)  # each sign is looked at once, however many <a


def reasons(fields: Mapping[str, str], *, honeypot: str, age: Age, earlier_uses: int) -> list[str]:
    """The signs found, by name; `earlier_uses`: how often this form was sent before with another content."""
    found = {
        "honeypot": bool(honeypot),
        "too_fast": age is Age.TOO_FAST,
        "form_reused": earlier_uses >= USES_OF_A_NONCE,
        **_in_text(fields),
    }
    return [name for name, is_there in found.items() if is_there]


def is_suspect(found: list[str]) -> bool:
    return sum(_WEIGHTS[name] for name in found) >= HELD_FROM


def _in_text(fields: Mapping[str, str]) -> dict[str, bool]:
    text, name = fields.get("message", ""), fields.get("name", "")
    filled = [value.strip() for value in fields.values() if value.strip()]
    return {
        "many_links": len(_LINK.findall(text)) > 3,
        "link_in_name": bool(_LINK.search(name)),
        "markup": bool(_MARKUP.search(text)),
        "same_text_everywhere": len(filled) > 3 and len(set(filled)) == 1,
        "invisible_text": bool(text.strip())
        and sum(sign.isprintable() or sign.isspace() for sign in text) * 2 < len(text),
    }
