"""What the sender wrote, without what was passed on: whoever asks about an advertisement or an error quotes it."""

import re
from collections.abc import Iterator

FEWEST_WORDS = 8  # with fewer left nothing counts as passed on: advertising may stand in quotation marks
_BEGINS = re.compile(r"weitergeleitet|forwarded|original|ursprüngl", re.IGNORECASE)
_ENDS = re.compile(r"\b(?:ende|end)\b", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]{12,1000}"|„[^“”"]{12,1000}[“”"]|“[^“”]{12,1000}”|»[^«]{12,1000}«|«[^»]{12,1000}»')
_RULE = re.compile(r"[-=*_#~–—]{3,}|`{3,}\w*")  # a line of nothing else
#: The line of a log, of a mail's head, or of a page's source.
_OF_A_MACHINE = re.compile(
    r"\W*(?:\d{4}-\d\d-\d\d|\d\d?:\d\d:\d\d|\d\d?\.\d\d?\.\d{4} \d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d)"
    r"|(?:return-path|received|authentication-results|dkim-signature|message-id|reply-to|x-[\w-]{1,40}):"
    r"|<[^<>]+>.*>$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{3,}")


def of(text: str) -> str:
    own = _QUOTED.sub(" ", "\n".join(_own_lines(text)))
    return own if len(_WORD.findall(own)) >= FEWEST_WORDS else text


def _own_lines(text: str) -> Iterator[str]:
    """Without blocks between two rules, lines that begin with `>`, and what stands below "---- forwarded ----"."""
    is_forwarded = False
    for line in _outside_blocks(text.splitlines()):
        if line.strip("> \t").startswith("--"):
            is_forwarded = bool(_BEGINS.search(line)) or (is_forwarded and not _ENDS.search(line))
        elif not is_forwarded and not line.lstrip().startswith(">") and not _OF_A_MACHINE.match(line.strip()):
            yield line


def _outside_blocks(lines: list[str]) -> list[str]:
    rules = [number for number, line in enumerate(lines) if _RULE.fullmatch(line.strip())]
    inside = {number for first, last in zip(rules[::2], rules[1::2], strict=False) for number in range(first, last + 1)}
    return [line for number, line in enumerate(lines) if number not in inside]
