"""The signs: what each sees, and what it lets pass."""

from typing import Any

import pytest

from contact.spam import bursts, disguises, links, own_words, signs, words
from sitebackend import nonce
from sitebackend.nonce import Age
from tests.contact.conftest import FIELDS, NOON

PITCH = (
    "We offer affordable SEO packages and guaranteed backlinks. Your website is not on the first page of Google. "
    "Reply now for a free audit and our price list."
)
QUESTION = "Guten Tag, unser Drucker druckt nur noch leere Seiten. Können Sie morgen kommen und was kostet das?"


def found(message: str = QUESTION, **changes: str) -> list[str]:
    fields = FIELDS | {"message": message} | changes
    return signs.reasons(fields, honeypot="", age=Age.FINE, earlier_uses=0)


@pytest.mark.parametrize(
    "text",
    [
        "https://shop.example.com/a?b=1",
        "www.shop.example",
        "best-pills.shop",
        "Siehe beispiel.de/preise bitte",
        "bit.ly/3xYz",
        "(example.com)",
        "t.me/gruppe",
    ],
)
def test_a_link_is_seen_with_and_without_a_scheme(text: str) -> None:
    assert len(links.links(text)) == 1


@pytest.mark.parametrize(
    "text",
    ["a@example.com", "sync.py, index.php, nginx.conf", "z.B. u.a. d.h.", "Version 5.7.1", "geht nicht.Bitte kommen",
     "Frankfurt a.Main/Höchst", "Node.js", "info@firma.example.de"],
)  # fmt: skip
def test_what_only_has_a_dot_is_no_link(text: str) -> None:
    assert links.links(text) == []


@pytest.mark.parametrize("field", ["name", "street", "postal_code", "city", "phone"])
def test_a_link_in_any_other_field_is_held_and_the_name_of_a_place_alone_is_not(field: str) -> None:
    assert signs.is_suspect(found(**{field: "Anna bit.ly/x7"}))
    assert not signs.is_suspect(found(**{field: "Müller mueller-bau.de"}))


def test_many_places_are_many_links_and_one_place_many_times_is_not() -> None:
    log = " ".join(f"GET https://shop.example.org/{number} 404" for number in range(50))
    assert "many_links" not in found(log)
    assert "many_links" in found("a.com b.net c.org d.info")


@pytest.mark.parametrize("text", ["example (dot) com", "example[.]com", "example punkt de"])
def test_a_link_that_hides_from_programs_is_seen(text: str) -> None:
    assert links.has_hidden_link(f"Besuchen Sie {text} heute")


@pytest.mark.parametrize(
    ("typed", "meant"), [("v1agra", "viagra"), ("c4s1no", "casino"), ("V I A G R A", "viagra"), ("s.e.x.y", "sexy"),
                         ("b1tc0in", "bitcoin"), ("c@sino", "casino")]
)  # fmt: skip
def test_a_disguised_word_is_undone(typed: str, meant: str) -> None:
    assert meant in set(disguises.undone(f"Hier {typed} kaufen"))


@pytest.mark.parametrize("typed", ["Office365", "offer2", "SEO24", "wort0"])
def test_a_numbered_word_is_no_disguise(typed: str) -> None:
    assert not list(disguises.undone(f"Hier {typed} kaufen"))


@pytest.mark.parametrize("text", ["RTX3060 in Win11", "24h, 2TB, 10x", "info@ und hilfe@", "G m b H", "µF 10µs 5kΩ"])
def test_types_units_and_addresses_are_no_disguise(text: str) -> None:
    assert not {"disguised_words", "mixed_letters", "odd_letters"} & set(found(f"{QUESTION} {text}"))


def test_letters_of_another_alphabet_in_a_word_are_seen_in_any_field() -> None:
    assert "mixed_letters" in found("Unser саsino ist offen")  # the first letters are Cyrillic
    assert "mixed_letters" in found(name="Раyраl")
    assert "mixed_letters" not in found("Привет, у нас не работает принтер")


def test_letters_from_mathematics_and_invisible_ones_are_seen() -> None:
    assert "odd_letters" in found("𝐅𝐑𝐄𝐄 𝐒𝐄𝐎 für Sie")
    assert "odd_letters" in found("Vi\u200bag\u200bra")
    assert "odd_letters" not in found("Danke 👩\u200d💻 und Grüße")


def test_a_script_that_does_not_fit_the_rest_is_a_sign_and_alone_not_enough() -> None:
    message = "Добрый день, у нас не работает принтер, помогите пожалуйста"
    assert found(message) == ["foreign_script"]
    assert not signs.is_suspect(found(message))
    assert found(message, name="Иван Петров", street="Вег 1", city="Эмден") == []


def test_words_of_advertising_are_held_and_a_question_is_not() -> None:
    assert "words_surely" in found(PITCH)
    assert found() == []


def test_whoever_quotes_advertising_is_not_taken_for_it() -> None:
    asked = (
        f"Guten Tag, heute kam diese Nachricht bei uns an, ist das seriös oder nur Werbung? „{PITCH}“ Danke für Rat."
    )
    assert found(asked) == []
    forwarded = f"{QUESTION}\n---- Weitergeleitete Nachricht ----\n{PITCH}\n---- Ende ----\nGruß"
    assert PITCH not in own_words.of(forwarded)
    assert own_words.of(f'"{PITCH}"') == f'"{PITCH}"', "nothing else is left"


def test_what_is_learned_from_holds_no_person() -> None:
    text = "Hallo Herr Ostermann, hier Weiß, Königstraße, Tel. 0711 123456, weiss@example.org. Der Router ist weg."
    kept = words.impersonal_features(FIELDS | {"message": text})
    assert not [each for each in kept if any(part in each for part in ("osterma", "weiß", "weiss", "königst", "07"))]
    assert "router" in kept


def test_a_long_text_is_judged_quickly(benchmark_free_clock: Any) -> None:
    with benchmark_free_clock(1.5):
        found("a.b." * 25_000)
        found("1" * 100_000 + "@" * 10)
        found("x " * 50_000)


@pytest.fixture
def benchmark_free_clock() -> Any:
    """Fails if what runs in it needs more processor time than it may: no loop inside the patterns runs away."""
    import time
    from contextlib import contextmanager

    @contextmanager
    def within(seconds: float) -> Any:
        start = time.process_time()
        yield
        assert time.process_time() - start < seconds

    return within


def test_the_same_text_from_the_third_sender_is_a_burst_and_from_one_sender_it_is_not() -> None:
    def sent(sender: str, text: str = PITCH) -> bool:
        return bursts.is_one({"message": text, "email": f"{sender}@example.org"})

    assert [sent("a"), sent("a"), sent("a")] == [False] * 3
    assert [sent("b"), sent("c", PITCH + " Kind regards, Carl"), sent("d")] == [False, True, True]
    assert not sent("e", QUESTION + " Wir sind bis fünf Uhr im Büro und freuen uns auf Ihre Antwort, danke schön.")


def test_a_short_text_is_no_burst() -> None:
    assert not any(bursts.is_one({"message": "Bitte um Rückruf", "email": str(number)}) for number in range(9))


def test_what_is_kept_of_a_burst_holds_nothing_that_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.cache import cache

    kept: list[str] = []
    monkeypatch.setattr(cache, "set_many", lambda data, timeout: kept.extend([repr(data), str(timeout)]))
    bursts.is_one({"message": PITCH, "email": "anna@example.org"})
    assert kept[1] == str(24 * 60 * 60)
    assert "anna" not in kept[0]
    assert "SEO" not in kept[0]


def test_a_fresh_nonce_after_an_error_is_as_old_as_the_first(time_machine: Any) -> None:
    time_machine.move_to(NOON)
    first = nonce.issue()
    time_machine.shift(2 * 24 * 60 * 60)
    fresh = nonce.kept_or_fresh(first)
    assert (nonce.age(first), nonce.age(fresh)) == (Age.TOO_OLD, Age.FINE)
    assert nonce.age(nonce.kept_or_fresh("forged:1a2b:signature")) is Age.TOO_FAST
    time_machine.shift(2 * 24 * 60 * 60)
    assert nonce.age(fresh) is Age.TOO_OLD


def test_every_sign_weighs_and_has_words() -> None:
    assert signs.WORDS.keys() == signs._WEIGHTS.keys()
