"""The links by which a sender is answered."""

from datetime import UTC, datetime
from email import message_from_string
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact import links
from sitebackend.formats import email_address

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
REFERENCE = "K7M-4QX-9PT"


def answer(quoting: str, address: str = "anna@example.org") -> tuple[str, dict[str, list[str]]]:
    link = urlsplit(links.mailto(address, reference=REFERENCE, quoting=quoting, received_at=NOON))
    return unquote(link.path), parse_qs(link.query, strict_parsing=True)


def test_the_answer_has_the_reference_and_quotes_the_message() -> None:
    to, parts = answer("Guten Tag,\n\nder Drucker streikt.")
    assert to == "anna@example.org"
    assert parts["subject"] == [f"Ihre Nachricht {REFERENCE}"]
    assert parts["body"] == ["\r\n\r\nAm 23.11.2026 schrieben Sie:\r\n> Guten Tag,\r\n>\r\n> der Drucker streikt."]


@pytest.mark.parametrize("text", ["Wort " * 900, "x" * 9000, "ä" * 600, "🙂" * 600, "\n".join("ab" * 2000)])
def test_a_long_message_is_quoted_as_far_as_mail_programs_take_it(text: str) -> None:
    link = links.mailto("anna@example.org", reference=REFERENCE, quoting=text, received_at=NOON)
    quoted = "".join(line.removeprefix("> ") for line in answer(text)[1]["body"][0].splitlines()[3:])
    assert 50 < len(quoted) <= links.LONGEST_QUOTE
    assert quoted.endswith("…")
    assert len(link) <= links.LONGEST_LINK


@given(
    st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]), max_size=90)
)
def test_nothing_that_is_typed_adds_a_field_or_another_recipient(text: str, typed: str) -> None:
    address = links.address_in({"email": typed})
    if address:
        assert email_address.parse(typed) == email_address.parse(address)
        to, parts = answer(text, address)
        assert to == address
        assert set(parts) == {"subject", "body"}
    else:
        assert links.mailto(address, reference=REFERENCE, quoting=text, received_at=NOON) == ""


@pytest.mark.parametrize(
    "typed", ["", "anna", "a@b.de, c@d.de", "a@localhost", "a@b.de?cc=c@d.de", "a@b.de\nBcc: c@d.de"]
)
def test_what_is_no_single_address_gives_no_link(typed: str) -> None:
    assert links.address_in({"email": typed}) == ""


@pytest.mark.parametrize("local", ["a&cc=x", "a?b", "a%40b", "o'brien+tag", "a=b"])
def test_signs_of_the_local_part_stay_in_it(local: str) -> None:
    assert answer("x", f"{local}@example.org")[0] == f"{local}@example.org"


def test_the_wire_form_is_answered() -> None:
    assert links.address_in({"email": "anna@faß.de"}) == "anna@xn--fa-hia.de"


@pytest.mark.parametrize(
    ("typed", "link"),
    [
        ("+49 (0)711 123456", "tel:+49711123456"),
        ("0711/1234-56", "tel:0711123456"),
        ("0711 – 12 34 56", "tel:0711123456"),
        ("(0711) 123.456", "tel:0711123456"),
        ("", ""),
        ("mobil 0170 1234567", ""),
        ("0711 123456, 0170 7654321", ""),
        ("0711 12345678 / 0170 7654321", ""),
        ("0711 123456;phone-context=evil", ""),
        ("12", ""),
        ("٠٧١١١٢٣٤٥٦", ""),
    ],
)
def test_only_one_clear_number_is_called(typed: str, link: str) -> None:
    assert links.telephone(typed) == link


@pytest.mark.parametrize(
    ("text", "length", "short"),
    [
        ("kurz", 80, "kurz"),
        ("eins zwei drei", 10, "eins zwei…"),
        ("abcdefghijkl", 5, "abcd…"),
        ("a\x00b\u202ec", 9, "a b c"),
    ],
)
def test_shortened_between_words(text: str, length: int, short: str) -> None:
    assert links.shortened(text, length) == short


def test_the_link_in_a_mail_is_one_line() -> None:
    text = links.mailto("anna@example.org", reference=REFERENCE)
    assert text == f"mailto:anna@example.org?subject=Ihre%20Nachricht%20{REFERENCE}"
    assert message_from_string(f"X: {text}\n\n")["X"] == text
