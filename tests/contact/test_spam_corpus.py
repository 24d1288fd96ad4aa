"""What the rules and the classifier hold of texts that they were not made from."""

import json
from statistics import mean

from contact.spam.classifier import STARTER
from tests.contact.spam_corpus import measure, train


def test_hardly_anything_honest_is_held_and_much_of_the_spam_is() -> None:
    first = measure.before()
    assert first.honest <= 2
    assert first.spam >= 50


def test_learning_from_twenty_of_each_spoils_nothing() -> None:
    first, draws = measure.before(), measure.after(draws=5)
    assert mean(draw.spam for draw in draws) >= max(80, first.spam - 1)
    assert mean(draw.honest for draw in draws) <= 2


def test_the_weights_were_made_from_the_training_texts() -> None:
    """After a change of the texts, or of what `words` makes of one, `train` makes new ones."""
    assert json.loads(STARTER.read_text())["texts"] == train.fingerprint()


def test_no_text_is_both_learned_from_and_judged() -> None:
    learned = {text for kind in train.KINDS for text in train.texts(kind)}
    judged = [" / ".join(text["message"].split("\n")) for kind in train.KINDS for text in measure.texts(kind)]
    assert [text for text in judged if text in learned and len(text) > len("just a test")] == []
