"""A linear classifier: how much the words of a message speak for advertising.

It begins with weights that logistic regression drew from invented texts (`starter.json`, made by
`tests/contact/spam_corpus/train.py`), so that it knows something on the first day. What an operator marks shifts the
weights of the words that stand in it, each by a little: one message alone never decides of the next one.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from math import log
from pathlib import Path

STARTER = Path(__file__).parent / "starter.json"
MOST_LEARNED = 0.5  # that the weight of one word shifts
WORTH = 30  # messages of each kind: so much the invented texts count when shares are compared
UNSEEN = 0.05  # share of messages, added to every share: what is rare says little


@dataclass(frozen=True, slots=True)
class Counts:
    """In how many messages of each kind a word stood."""

    spam: Mapping[str, int] = field(default_factory=dict)
    honest: Mapping[str, int] = field(default_factory=dict)
    spam_messages: int = 0
    honest_messages: int = 0

    @classmethod
    def of(cls, spam: Collection[Iterable[str]], honest: Collection[Iterable[str]]) -> "Counts":
        return cls(_counted(spam), _counted(honest), len(spam), len(honest))


NOTHING = Counts()


#: What the invented texts say of a word: its weight, and its share of the spam and of the honest messages. Plain
#: tuples: thousands of objects would be looked at by every run of Python's garbage collector.
Known = tuple[float, float, float]
UNKNOWN: Known = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Starter:
    """What the classifier knows on the first day; `bias` is what a message without a word scores."""

    bias: float
    words: Mapping[str, Known]


@cache
def starter() -> Starter:
    kept = json.loads(STARTER.read_text(encoding="utf-8"))
    return Starter(kept["bias"], {word: tuple(values) for word, values in kept["words"].items()})


def score(words: Collection[str], learned: Counts = NOTHING) -> float:
    """Above 0 the words speak for advertising, below against it: natural logarithm of the odds."""
    return starter().bias + sum(weight(word, learned) for word in words)


def weight(word: str, learned: Counts = NOTHING) -> float:
    """What one word adds; 0 if nobody ever wrote it."""
    known = starter().words.get(word, UNKNOWN)
    return known[0] + _shift(word, known, learned)


def _shift(word: str, known: Known, learned: Counts) -> float:
    """By how much the odds of the word are others here than in the invented texts."""
    if word not in learned.spam and word not in learned.honest:
        return 0.0
    _weight, of_spam, of_honest = known
    spam = (learned.spam.get(word, 0) + WORTH * of_spam) / (learned.spam_messages + WORTH)
    honest = (learned.honest.get(word, 0) + WORTH * of_honest) / (learned.honest_messages + WORTH)
    shift = log((spam + UNSEEN) / (honest + UNSEEN)) - log((of_spam + UNSEEN) / (of_honest + UNSEEN))
    return max(-MOST_LEARNED, min(MOST_LEARNED, shift))


def _counted(messages: Iterable[Iterable[str]]) -> dict[str, int]:
    return dict(Counter(word for message in messages for word in set(message)))
