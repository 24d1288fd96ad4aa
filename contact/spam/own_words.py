"""What the sender wrote, without what was passed on: whoever asks about an advertisement quotes it."""

import re

FEWEST_WORDS = 12  # with fewer left nothing counts as passed on: advertising may stand in quotation marks
_FORWARDED = re.compile(
    r"^[\s>]*-{2,}[^\n]*\b(?:weitergeleitet\w*|forwarded|original\w*|ursprüngl\w*)\b[^\n]*$"
    r".*?(?=^[\s>]*-{2,}\s*(?:ende|end)\b|\Z)",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_QUOTED_LINES = re.compile(r"^\s*>.*$", re.MULTILINE)
_QUOTED = re.compile(
    r'"[^"]{12,2000}"|„[^“”"]{12,2000}[“”"]|“[^“”]{12,2000}”|»[^«]{12,2000}«|«[^»]{12,2000}»', re.DOTALL
)
_WORD = re.compile(r"[^\W\d_]{3,}")


def of(text: str) -> str:
    own = _FORWARDED.sub(" ", text)
    own = _QUOTED.sub(" ", _QUOTED_LINES.sub(" ", own))
    return own if len(_WORD.findall(own)) >= FEWEST_WORDS else text
