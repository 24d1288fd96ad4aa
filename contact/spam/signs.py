"""What makes a submission suspect: judged here alone, without third parties, cookies or scripts.

Each sign weighs; one weak sign alone never holds a message back, for people are fast, write in capitals and
send links too. A suspect is stored like any other and waits in the inbox; nothing is thrown away.
"""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext_lazy as _

from contact.spam import classifier, disguises, links
from contact.spam.words import BEGINNING, JUDGED, bare, features
from sitebackend.nonce import Age

HELD_FROM = 3  # points
USES_OF_A_NONCE = 3  # a person who goes back, corrects and sends again stays below
MANY_PLACES = 3  # that links lead to; more are many
SURELY = 2.0  # score of the classifier
HARDLY = 1.0  # below that: words that with another sign are enough
FEWEST_LETTERS = 25  # a shorter text has no words to judge by: "Test", "Rückruf bitte", a row of signs
SPAM_WORD = 0.7  # what a word weighs that nobody disguises without a reason
FOREIGN = 0.3  # share of letters
OTHERS = ("street", "postal_code", "city", "phone")  # fields in which nobody has a link
_WEIGHTS = {
    "honeypot": 3,
    "too_fast": 1,
    "form_reused": 3,
    "burst": 3,
    "many_links": 2,
    "link_in_name": 3,
    "link_in_field": 3,
    "place_in_field": 2,
    "short_link": 2,
    "hidden_link": 2,
    "only_a_link": 2,
    "markup": 2,
    "same_text_everywhere": 2,
    "invisible_text": 2,
    "mixed_letters": 3,
    "odd_letters": 2,
    "disguised_words": 3,
    "foreign_script": 2,
    "foreign_script_with_link": 1,
    "words": 2,
    "words_surely": 3,
}
WORDS = {
    "honeypot": _("the field that people do not see was filled in"),
    "too_fast": _("sent within seconds"),
    "form_reused": _("one form was sent with many contents"),
    "burst": _("the same text came from several senders within a day"),
    "many_links": _("links to many places"),
    "link_in_name": _("a link in the name"),
    "link_in_field": _("a link in a field that has none"),
    "place_in_field": _("a web address in a field that has none"),
    "short_link": _("a short link that hides where it leads"),
    "hidden_link": _("a link written so that programs do not see it"),
    "only_a_link": _("hardly more than a link"),
    "markup": _("links in a forum's or a page's markup"),
    "same_text_everywhere": _("the same text in every field"),
    "invisible_text": _("mostly invisible signs"),
    "mixed_letters": _("letters of other alphabets that look like Latin ones"),
    "odd_letters": _("signs in the place of letters, or invisible ones between them"),
    "disguised_words": _("words of advertising, disguised"),
    "foreign_script": _("another script than the other fields"),
    "foreign_script_with_link": _("a link in it"),
    "words": _("words as in advertising"),
    "words_surely": _("many words as in advertising"),
}


def reasons(
    fields: Mapping[str, str],
    *,
    honeypot: str,
    age: Age,
    earlier_uses: int,
    is_burst: bool = False,
    learned: classifier.Counts = classifier.NOTHING,
) -> list[str]:
    """The signs found, by name.

    `earlier_uses`: how often this form was sent before with another content; `is_burst`: whether others sent much the
    same; `learned`: what the classifier has learned here.
    """
    fields = {name: value[:JUDGED] for name, value in fields.items()}
    found = {
        "honeypot": bool(honeypot),
        "too_fast": age is Age.TOO_FAST,
        "form_reused": earlier_uses >= USES_OF_A_NONCE,
        "burst": is_burst,
        **_of_links(fields),
        **_of_letters(fields),
        **_of_words(fields.get("message", ""), learned),
    }
    return [name for name in _WEIGHTS if found.get(name)]


def in_words(found: Iterable[str]) -> str:
    return ", ".join(str(WORDS[name]) for name in found if name in WORDS)


def is_suspect(found: list[str]) -> bool:
    return sum(_WEIGHTS[name] for name in found) >= HELD_FROM


def _of_links(fields: Mapping[str, str]) -> dict[str, bool]:
    text = fields.get("message", "")
    in_name = links.links(fields.get("name", ""))
    in_others = [link for field in OTHERS for link in links.links(fields.get(field, ""))]
    return {
        "many_links": len(links.hosts(text)) > MANY_PLACES,
        "link_in_name": not all(map(links.is_bare, in_name)),
        "link_in_field": not all(map(links.is_bare, in_others)),
        "place_in_field": any(map(links.is_bare, [*in_name, *in_others])),
        "short_link": any(links.has_short_link(value) for value in fields.values()),
        "hidden_link": links.has_hidden_link(text),
        "only_a_link": bool(links.links(text)) and len(links.without(text).split()) < 4,
        "markup": links.has_markup(text),
    }


def _of_letters(fields: Mapping[str, str]) -> dict[str, bool]:
    text = fields.get("message", "")
    filled = [value.strip() for value in fields.values() if value.strip()]
    rest = " ".join(fields.get(field, "") for field in ("name", "street", "city"))
    is_foreign = disguises.share_of_foreign_letters(text) > FOREIGN > disguises.share_of_foreign_letters(rest)
    return {
        "same_text_everywhere": len(filled) > 3 and len(set(filled)) == 1,
        "invisible_text": bool(text.strip())
        and sum(sign.isprintable() or sign.isspace() for sign in text) * 2 < len(text),
        "mixed_letters": any(disguises.mixed_words(value) for value in fields.values()),
        "odd_letters": any(disguises.has_odd_letters(value) for value in fields.values()),
        "foreign_script": is_foreign,
        "foreign_script_with_link": is_foreign and bool(links.links(text)),
    }


def _of_words(text: str, learned: classifier.Counts) -> dict[str, bool]:
    is_long_enough = sum(map(str.isalpha, text)) >= FEWEST_LETTERS
    score = classifier.score(features(text), learned) if is_long_enough else 0.0
    disguised = {word for word in disguises.undone(bare(text)) if len(word) > 3}
    return {
        "disguised_words": any(is_word_of_spam(word, learned) for word in disguised),
        "words": SURELY - HARDLY <= score < SURELY,
        "words_surely": score >= SURELY,
    }


def is_word_of_spam(word: str, learned: classifier.Counts) -> bool:
    return classifier.weight(word[:BEGINNING], learned) > SPAM_WORD
