"""What changed between two texts of a page, for people to read: the words, not the markup."""

import re

from sitebackend.comparison import Piece
from sitebackend.comparison import compare as compare_texts
from sitebackend.pages.markup import plain_text

_BLOCK_END = re.compile(r"(?<=</p>)|(?<=</h2>)|(?<=</h3>)|(?<=</h4>)|(?<=</li>)|(?<=</tr>)|(?<=<hr>)")


def compare(before: str, after: str) -> list[Piece]:
    """`before` and `after` are HTML; the pieces are plain text, one line for each block."""
    return compare_texts(_text(before), _text(after))


def _text(markup: str) -> str:
    blocks = (plain_text(block) for block in _BLOCK_END.split(markup))
    return "\n".join(block for block in blocks if block)
