"""What changed between two texts, word by word, for people to read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from sitebackend.pages.markup import plain_text

_WORDS = re.compile(r"\s+|[^\s]+")
_BLOCK_END = re.compile(r"(?<=</p>)|(?<=</h2>)|(?<=</h3>)|(?<=</h4>)|(?<=</li>)|(?<=</tr>)|(?<=<hr>)")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words that both texts have, or only the one before, or only the one after."""

    kind: Literal["same", "removed", "added"]
    text: str


def compare(before: str, after: str) -> list[Piece]:
    """`before` and `after` are HTML; the pieces are plain text, one line for each block."""
    return list(_pieces(_words(before), _words(after)))


def _words(markup: str) -> list[str]:
    blocks = (plain_text(block) for block in _BLOCK_END.split(markup))
    return _WORDS.findall("\n".join(block for block in blocks if block))


def _pieces(before: list[str], after: list[str]) -> Iterator[Piece]:
    for kind, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece("same", "".join(before[i:j]))
            continue
        if i < j:
            yield Piece("removed", "".join(before[i:j]))
        if k < m:
            yield Piece("added", "".join(after[k:m]))
