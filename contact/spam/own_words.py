"""What the sender wrote, without what was passed on: whoever asks about an advertisement quotes it."""

import re
from collections.abc import Iterator

FEWEST_WORDS = 12  # with fewer left nothing counts as passed on: advertising may stand in quotation marks
_BEGINS = re.compile(r"weitergeleitet|forwarded|original|ursprüngl", re.IGNORECASE)
_ENDS = re.compile(r"\b(?:ende|end)\b", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]{12,1000}"|„[^“”"]{12,1000}[“”"]|“[^“”]{12,1000}”|»[^«]{12,1000}«|«[^»]{12,1000}»')
_WORD = re.compile(r"[^\W\d_]{3,}")


def of(text: str) -> str:
    own = _QUOTED.sub(" ", "\n".join(_own_lines(text)))
    return own if len(_WORD.findall(own)) >= FEWEST_WORDS else text


def _own_lines(text: str) -> Iterator[str]:
    """Without lines that begin with `>`, and without what stands below "---- forwarded ----"."""
    is_forwarded = False
    for line in text.splitlines():
        if line.strip("> \t").startswith("--"):
            is_forwarded = bool(_BEGINS.search(line)) or (is_forwarded and not _ENDS.search(line))
        elif not is_forwarded and not line.lstrip().startswith(">"):
            yield line
