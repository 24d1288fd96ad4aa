"""A naive Bayes classifier: how much the words of a message speak for advertising.

It begins with invented texts (`starter/`), so that it knows something on the first day; what an operator marks is
counted on top. Only the words that say most are added up, so that a long message is judged like a short one.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from math import log
from pathlib import Path

from contact.spam.words import features

STARTER = Path(__file__).parent / "starter"
SAYING_MOST = 12  # words
MOST_OF_ONE = 3.0  # one word alone never decides
UNSEEN = 1 / 120  # share of messages in which a word stands of which little is known: equal for both kinds
ENOUGH = 10  # messages of each kind: from then on what is learned here is trusted more than the invented texts


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

    @property
    def is_enough(self) -> bool:
        return min(self.spam_messages, self.honest_messages) >= ENOUGH


NOTHING = Counts()


@cache
def starter() -> Counts:
    """What the invented texts teach: one text a line."""
    return Counts.of(_texts("spam.txt"), _texts("honest.txt"))


def score(words: Collection[str], learned: Counts = NOTHING) -> float:
    """Above 0 the words speak for advertising, below against it: natural logarithm of the odds."""
    weights = sorted((weight(word, learned) for word in words), key=abs, reverse=True)
    return sum(weights[:SAYING_MOST])


def weight(word: str, learned: Counts = NOTHING) -> float:
    """What one word adds; 0 if nobody ever wrote it."""
    first = starter()
    spam, honest = first.spam.get(word, 0), first.honest.get(word, 0)
    spam_messages, honest_messages = first.spam_messages, first.honest_messages
    if word in learned.spam or word in learned.honest:
        spam += learned.spam.get(word, 0)
        honest += learned.honest.get(word, 0)
        spam_messages += learned.spam_messages
        honest_messages += learned.honest_messages
    if not spam and not honest:
        return 0.0
    odds = (spam / spam_messages + UNSEEN) / (honest / honest_messages + UNSEEN)
    return max(-MOST_OF_ONE, min(MOST_OF_ONE, log(odds)))


def _texts(name: str) -> list[frozenset[str]]:
    lines = (STARTER / name).read_text(encoding="utf-8").splitlines()
    return [features(line) for line in lines if line.strip()]


def _counted(messages: Iterable[Iterable[str]]) -> dict[str, int]:
    return dict(Counter(word for message in messages for word in set(message)))
