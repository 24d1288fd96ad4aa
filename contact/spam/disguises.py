"""Letters that stand in for others: what a program would overlook and an eye reads as before."""

import re
import unicodedata
from collections.abc import Iterator

_CYRILLIC = "авекмнорстухіјѕһԁԛԝ", "abekmhopctyxijshdqw"
_GREEK = "αεικνορτυχη", "aeiknoptuxn"
_LOOK_ALIKES = str.maketrans(_CYRILLIC[0] + _GREEK[0], _CYRILLIC[1] + _GREEK[1])
_ALIKE = {"LATIN", "CYRILLIC", "GREEK"}
_DIGITS = [str.maketrans("013457@$!|", f"o{one}eastasil") for one in "il"]
_FIRST_FOREIGN = "\u0370"  #: the letters below are Latin: whoever waits for the form's answer waits for this
_WORD = re.compile(r"[^\W_]+")
_INSTEAD = r"(?:[013457]|(?<=\w)[@$!|](?=\w)|\$(?=\w))"
_SIGN = rf"(?:[^\W\d_]|{_INSTEAD})"
_LONGEST = 60  # letters of a word: in a longer one nobody reads another
_WITH_DIGITS = re.compile(
    rf"(?<![\w@$])(?=[^\W\d_]|\S[^\W\d_])(?={_SIGN}{{0,{_LONGEST}}}?{_INSTEAD}){_SIGN}{{1,{_LONGEST}}}+(?![\w@$])"
)
_SPACED = re.compile(r"(?<!\w)[^\W\d_]([ .\-_*·])[^\W\d_](?:\1[^\W\d_]){2,}(?!\w)")
_INVISIBLE_IN_WORDS = re.compile(r"(?<=[a-zäöüß])[\u200b-\u200f\u2060-\u2064\ufeff]+(?=[a-zäöüß])", re.IGNORECASE)


def folded(text: str) -> str:
    """The text as an eye reads it, in small letters: one shape for each letter, nothing invisible."""
    visible = text if text.isascii() else "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    plain = unicodedata.normalize("NFKC", visible).lower()
    return _WORD.sub(lambda word: _latin(word[0]), plain) if _has_foreign(plain) else plain


def undone(text: str) -> Iterator[str]:
    """The words behind digits in the place of letters ("v1agra") and behind signs between them ("V.I.A.G.R.A")."""
    plain = folded(text)
    for word in _WITH_DIGITS.findall(plain):
        if not word.rstrip("0123456789").isalpha():  # "Office365" is numbered
            yield from {word.translate(letters) for letters in _DIGITS}
    for spaced in _SPACED.finditer(plain):
        yield "".join(letter for letter in spaced[0] if letter.isalpha())


def mixed_words(text: str) -> int:
    """How many words mix Latin letters with Cyrillic or Greek ones; units such as µF are too short to count."""
    words = filter(_has_foreign, re.findall(r"[^\W\d_]{4,}", unicodedata.normalize("NFKC", text)))
    return sum({"LATIN"} < scripts_of(word) <= _ALIKE for word in words)


def has_odd_letters(text: str) -> bool:
    """Letters from mathematics in the place of plain ones, or invisible signs between the letters of words."""
    odd = sum("MATHEMATICAL" in unicodedata.name(sign, "") or "FULLWIDTH LATIN" in unicodedata.name(sign, "")
              for sign in text if sign.isalpha() and ord(sign) > 0x2000)  # fmt: skip
    return odd > 4 or len(_INVISIBLE_IN_WORDS.findall(text)) > 1


def scripts_of(text: str) -> set[str]:
    """The scripts of its letters, as Unicode names them: LATIN, CYRILLIC, GREEK, CJK."""
    return {unicodedata.name(sign, "?").split(" ", 1)[0] for sign in text if sign.isalpha()}


def share_of_foreign_letters(text: str) -> float:
    """How much of the text is written in other letters than Latin ones; 0 if there are none."""
    letters = [sign for sign in text if sign.isalpha()] if _has_foreign(text) else []
    foreign = sum("LATIN" not in unicodedata.name(sign, "LATIN") and sign not in "µºª" for sign in letters)
    return foreign / len(letters) if letters else 0.0


def _has_foreign(text: str) -> bool:
    return max(text, default="") >= _FIRST_FOREIGN


def _latin(word: str) -> str:
    return word.translate(_LOOK_ALIKES) if {"LATIN"} < scripts_of(word) <= _ALIKE else word
