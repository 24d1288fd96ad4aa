"""What the rules and the classifier hold of texts that they were not made from."""

from statistics import mean

from tests.contact.spam_corpus import measure


def test_hardly_anything_honest_is_held_and_much_of_the_spam_is() -> None:
    first = measure.before()
    assert first.honest <= 2
    assert first.spam >= 50


def test_learning_from_twenty_of_each_holds_more_spam_and_little_more_that_is_honest() -> None:
    first, draws = measure.before(), measure.after(draws=5)
    assert mean(draw.spam for draw in draws) > first.spam
    assert mean(draw.honest for draw in draws) <= 4
