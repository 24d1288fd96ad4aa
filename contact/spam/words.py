"""What the classifier sees of a message: the beginnings of its words, once each, whom it speaks of, a few marks.

What must never happen: it keeps a person. So numbers, links and addresses become a mark that says only that there
was one, and what stands in the form's other fields, or after a greeting, is left out. What is left is stored sealed
with its message, and counts only when several senders brought it (`learning`).
"""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from contact.spam import disguises, links, lists, own_words

JUDGED = 10_000  # characters of a field: whoever waits for the form's answer waits for this
BEGINNING = 7  # letters: German endings and English ones do not make another word
_WORD = re.compile(r"[^\W\d_]{3,24}")
_ANY_WORD = re.compile(r"[^\W\d_]+")
_MONEY = re.compile(r"[€$£₽]|\b(?:euro|eur|usd|dollars?|pounds?)\b")
_PERCENT = re.compile(r"\d\s?(?:%|percent|prozent)")
_YOURS = re.compile(r"your|ihre?[rnms]?|dein\w*|eure?\w*")
_OURS = re.compile(r"my|our|mein\w*|unser\w*")
#: Word → whom the word beside it is about. Advertising speaks of "your website", a customer of "our printer".
_ABOUT = {"we": "we", "wir": "we", "i": "i", "ich": "i", "you": "you", "sie": "you"}
_GREETING = re.compile(
    r"\b(?i:herrn?|frau|familie|mrs?|ms|dear|hi|hello|hallo|liebe[rs]?|ich bin|i am|mein name ist|my name is|regards"
    r"|gruß|grüßen?)\b[\s,.]+((?:[A-ZÄÖÜ][\w'-]+[\s,.]*){1,2})"
)
#: Words that every sentence has: by them alone a language would count as advertising.
COMMON = lists.words("common_words")


def features(text: str) -> frozenset[str]:
    """All that is judged: words, and which follows which."""
    own = own_words.of(text)
    pairs = (f"{word[:BEGINNING]} {following[:BEGINNING]}" for word, following in pairwise(_sentence(own)))
    return _single(own).union(pairs)


def _single(own: str) -> frozenset[str]:
    plain, sentence = disguises.folded(own), _sentence(own)
    found = {word[:BEGINNING] for word in sentence if _WORD.fullmatch(word) and word not in COMMON}
    found |= {word[:BEGINNING] for word in disguises.undone(bare(own)) if _WORD.fullmatch(word)}
    return frozenset(found.union(_phrases(sentence), _marks(plain, sentence)))


def _sentence(own: str) -> list[str]:
    return _ANY_WORD.findall(" ".join(part for part in bare(disguises.folded(own)).split() if not _has_digit(part)))


def bare(text: str) -> str:
    """Without links and addresses."""
    return " ".join(part for part in links.without(text).split() if not _is_address(part))


def _is_address(part: str) -> bool:
    return "@" in part.strip("@")


def _has_digit(part: str) -> bool:
    return any(sign.isdigit() for sign in part)


def impersonal_features(fields: Mapping[str, str]) -> frozenset[str]:
    """Those of a message to learn from: no two that follow each other, for these would be phrases of somebody's, and
    nothing of what the sender says of themselves in the other fields."""
    text = fields.get("message", "")[:JUDGED]
    own = [value for name, value in fields.items() if name != "message"]
    names = disguises.folded(" ".join([*own, *_GREETING.findall(text)]).replace("_", " "))
    left_out = {word[:BEGINNING] for word in _WORD.findall(names)}
    return frozenset(each for each in _single(own_words.of(text)) if left_out.isdisjoint(each.split()))


def _phrases(sentence: list[str]) -> Iterator[str]:
    """Pairs of a word and whom it is about, in one form for both languages: "your website", "we offer"."""
    for word, following in pairwise(sentence):
        if about := _about(word):
            yield f"{about} {following[:BEGINNING]}"
        elif _ABOUT.get(following) == "you":
            yield f"{word[:BEGINNING]} you"


def _about(word: str) -> str:
    if _YOURS.fullmatch(word):
        return "your"
    return "our" if _OURS.fullmatch(word) else _ABOUT.get(word, "")


def _marks(plain: str, sentence: list[str]) -> set[str]:
    about = [_about(word) for word in sentence]
    yours, ours = about.count("your"), about.count("our")
    there = {
        "~link": bool(links.links(plain)),
        "~messenger": links.has_messenger_link(plain),
        "~address": any(map(_is_address, plain.split())),
        "~money": bool(_MONEY.search(plain)),
        "~percent": bool(_PERCENT.search(plain)),
        "~cry": "!" in plain,
        "~ask": plain.count("?") == 1,
        "~ask more": plain.count("?") > 1,
        "~ask not": "?" not in plain,
        "~yours": yours > ours,
        "~ours": ours > yours,
        "~i": "i" in about,
        "~we": "we" in about or ours > 0,
    }
    return {mark for mark, is_there in there.items() if is_there}
