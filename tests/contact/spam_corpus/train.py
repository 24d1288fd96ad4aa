"""Makes the weights that the spam filter begins with, from the invented texts in `training/`:

    uv run --with scikit-learn python -m tests.contact.spam_corpus.train

One text a line. The texts that `measure` judges are not among them.
"""

import json
import os
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import django

FOLDER = Path(__file__).parent / "training"
KINDS = ("honest", "spam")
FEWEST_TEXTS = 2  # in which a word stands; names and typing mistakes stand in one
LEAST = 0.05  # a weight below that says nothing
STRENGTH = 10  # the inverse of the regularisation's, chosen by cross-validation over the training texts


def texts(kind: str) -> list[str]:
    return [line for line in (FOLDER / f"{kind}.txt").read_text(encoding="utf-8").splitlines() if line.strip()]


def fingerprint() -> str:
    """Of the training texts: a test sees by it whether the weights were made from them."""
    return sha256("\n".join("\n".join(texts(kind)) for kind in KINDS).encode()).hexdigest()


def main() -> None:
    from contact.spam.classifier import STARTER
    from contact.spam.words import features

    honest, spam = ([features(text) for text in texts(kind)] for kind in KINDS)
    bias, weights = _regression(honest, spam)
    of_honest, of_spam = (Counter(word for found in messages for word in found) for messages in (honest, spam))
    words = {
        word: [round(weight, 2), round(of_spam[word] / len(spam), 4), round(of_honest[word] / len(honest), 4)]
        for word, weight in sorted(weights.items())
        if abs(weight) >= LEAST
    }
    lines = ",\n".join(f"{json.dumps(word, ensure_ascii=False)}: {values}" for word, values in words.items())
    head = f'"texts": "{fingerprint()}",\n"bias": {round(bias, 2)},\n'
    STARTER.write_text(f'{{\n{head}"words": {{\n{lines}\n}}\n}}\n', encoding="utf-8")


def _regression(honest: Sequence[frozenset[str]], spam: Sequence[frozenset[str]]) -> tuple[float, dict[str, float]]:
    from sklearn.feature_extraction.text import CountVectorizer  # type: ignore[import-not-found]
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-not-found]

    seen: Any = CountVectorizer(analyzer=sorted, min_df=FEWEST_TEXTS)
    found = seen.fit_transform([*honest, *spam])
    model: Any = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=5000)
    model.fit(found, [0] * len(honest) + [1] * len(spam))
    return float(model.intercept_[0]), dict(zip(seen.get_feature_names_out(), map(float, model.coef_[0]), strict=True))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    main()
