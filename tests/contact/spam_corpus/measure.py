"""How many honest and how many spam texts are held, before and after learning: `uv run python -m` this module.

The texts were written by somebody who had not seen the rules (`honest.jsonl`, `spam.jsonl`, 150 each), and nobody
looked at them before they were judged; whoever changes the rules because of them needs new ones. They are
judged as the form judges them, at human pace and with the honeypot empty. To learn from, 20 of each kind are drawn;
measured is the rest, in several draws.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from contact.spam.classifier import Counts

FOLDER = Path(__file__).parent
PLACE = {"street": "Am Deich 3", "postal_code": "26721", "city": "Emden"}  # the texts bring none
LEARNED_FROM = 20
DRAWS = 20

Text = dict[str, str]


@dataclass(frozen=True, slots=True)
class Shares:
    """In percent."""

    honest: float
    spam: float


def texts(kind: str) -> list[Text]:
    rows = [json.loads(line) for line in (FOLDER / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()]
    return [{"name": "", "email": "", "phone": ""} | PLACE | row for row in rows]


def before() -> Shares:
    return Shares(_held(texts("honest")), _held(texts("spam")))


def after(*, draws: int = DRAWS, honest_learned: int = LEARNED_FROM) -> list[Shares]:
    """One draw's shares each, of the texts that were not learned from."""
    found = []
    for seed in range(draws):
        chance = random.Random(seed)  # noqa: S311 - the same draws every time
        honest, spam = texts("honest"), texts("spam")
        chance.shuffle(honest), chance.shuffle(spam)
        learned = _learned(honest[:honest_learned], spam[:LEARNED_FROM])
        found.append(Shares(_held(honest[honest_learned:], learned), _held(spam[LEARNED_FROM:], learned)))
    return found


def _held(messages: Sequence[Text], learned: "Counts | None" = None) -> float:
    from contact.spam import classifier, signs
    from sitebackend.nonce import Age

    judged = [
        signs.reasons(text, honeypot="", age=Age.FINE, earlier_uses=0, learned=learned or classifier.NOTHING)
        for text in messages
    ]
    return 100 * sum(map(signs.is_suspect, judged)) / len(judged)


def _learned(honest: Sequence[Text], spam: Sequence[Text]) -> "Counts":
    """As `learning` counts it, every text from a sender of its own."""
    from contact.spam.classifier import Counts
    from contact.spam.learning import SENDERS
    from contact.spam.words import impersonal_features

    of_honest, of_spam = ([impersonal_features(text) for text in part] for part in (honest, spam))
    senders = Counter(word for words in (*of_honest, *of_spam) for word in words)
    counting = {word for word, count in senders.items() if count >= SENDERS}
    return Counts.of([words & counting for words in of_spam], [words & counting for words in of_honest])


def main() -> None:
    first = before()
    lines = [f"before: honest held {first.honest:.1f} %, spam held {first.spam:.1f} %"]
    for number in (0, LEARNED_FROM, 2 * LEARNED_FROM):
        found = after(honest_learned=number)
        lines += [
            f"after {LEARNED_FROM} spam and {number} honest: "
            + ", ".join(
                f"{kind} held {mean(shares):.1f} % ({min(shares):.1f} to {max(shares):.1f})"
                for kind in ("honest", "spam")
                if (shares := [getattr(each, kind) for each in found])
            )
        ]
    print("\n".join(lines))  # noqa: T201 - the script's result


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    main()
