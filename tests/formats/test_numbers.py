"""One number is read from what people write, or none; never another one than they meant."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from sitebackend.formats.fields import AmountField, DateField, DateTimeField, SplitDateTimeField, WholeNumberField
from sitebackend.formats.numbers import NumberError, names_euro, read_amount, read_whole_number


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1.234,56", "1234.56"),
        ("1234,56", "1234.56"),
        ("1234.56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1.234", "1234"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("1'234.50", "1234.5"),
        ("1’234’567,5", "1234567.5"),
        ("1 234,56", "1234.56"),
        ("1\u00a0234,56\u00a0€", "1234.56"),
        ("1\u202f234,56", "1234.56"),
        ("1\u2009234,56 EUR", "1234.56"),
        ("€ 12", "12"),
        ("12,5€", "12.5"),
        ("12 Euro", "12"),
        ("eur 0,05", "0.05"),
        ("12,-", "12"),
        ("12,-- €", "12"),
        ("12,–", "12"),
        ("0", "0"),
        ("-0", "0"),
        ("007", "7"),
        ("  5,00\t", "5"),
        ("-5", "-5"),
        ("−5,10", "-5.10"),
        ("+5", "5"),
    ],
)
def test_an_amount_is_read_as_it_is_written_here(typed: str, meant: str) -> None:
    assert read_amount(typed) == Decimal(meant)
    assert str(read_amount("-0")) == "0.0"


NO_NUMBERS = [
    "1e5", "1E5", "٣", "١٢٣", "１２", "²", "½", "0x10", "1_000", "NaN", "nan", "Infinity", "inf", "-inf", "--5", "+-5",
    "5-", "", " ", "-", ",", ".", ",5", "5,", "5.", "1.23.456", "12.34,5", "1.234.56", "1,234,56", "1..5", "1,,5",
    "1 2 3", "12 34", "1.234 567", "1.234.567.8", "(5)", "5 USD", "$5", "zwölf", "1,234", "0x1F", "1/2", "10%",
    "1 000 00", "€", "EUR", "€ 5 €", "9" * 41, "1\n2", "#5", "=5", "1;5",
]  # fmt: skip


@pytest.mark.parametrize("typed", NO_NUMBERS)
def test_what_is_no_number_or_two_is_refused_as_amount_and_as_whole_number(typed: str) -> None:
    with pytest.raises(NumberError):
        read_amount(typed)
    with pytest.raises(NumberError):
        read_whole_number(typed)


@pytest.mark.parametrize("typed", ["1,005", "1234,567", "0.123", "1234.567", "0,001"])
def test_more_decimals_than_money_has_are_refused(typed: str) -> None:
    with pytest.raises(NumberError):
        read_amount(typed)


def test_a_comma_before_three_digits_asks_which_is_meant() -> None:
    with translation.override("en"), pytest.raises(NumberError, match=r"1\.234 or 1,23\."):
        read_amount("1,234")


@pytest.mark.parametrize(("typed", "meant"), [("1.234", 1234), ("12", 12), ("1 000 000", 1_000_000), ("-3", -3)])
def test_a_whole_number(typed: str, meant: int) -> None:
    assert read_whole_number(typed) == meant


@pytest.mark.parametrize("typed", ["1,5", "1.5", "12,00", "5 €", "12,-"])
def test_a_whole_number_has_no_decimals_and_no_currency(typed: str) -> None:
    with pytest.raises(NumberError):
        read_whole_number(typed)


@given(st.decimals(min_value=Decimal("-9999999999"), max_value=Decimal("9999999999"), places=2))
def test_what_is_shown_in_either_language_is_read_as_the_same(amount: Decimal) -> None:
    field = AmountField()
    for language in ("de", "en"):
        with translation.override(language):
            assert field.clean(field.prepare_value(amount)) == amount


@given(st.text(alphabet="0123456789.,' eE_xX٣−-+€\u00a0", max_size=12))
def test_nothing_else_than_a_number_error_comes_of_any_text(typed: str) -> None:
    for read in (read_amount, read_whole_number):
        try:
            value = read(typed)
        except NumberError:
            continue
        digits = "".join(sign for sign in typed if sign in "0123456789")
        assert str(abs(int(value * 100))).strip("0") in digits or value == 0


def test_the_currency_is_noticed() -> None:
    assert names_euro("12,50 €")
    assert names_euro("EUR 3")
    assert not names_euro("12,50")


@pytest.mark.parametrize("typed", ["-1", "-0,01", "10.000.000.000,00", "99999999999"])
def test_the_field_keeps_its_limits(typed: str) -> None:
    with pytest.raises(ValidationError):
        AmountField(min_value=0).clean(typed)


def test_the_input_is_text_so_that_the_browser_swallows_nothing() -> None:
    for field in (AmountField(), WholeNumberField()):
        assert field.widget.input_type == "text"
    assert AmountField().widget.attrs["inputmode"] == "decimal"


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        (DateField(), "٢٠٢٦-٠١-٠٥"),
        (DateTimeField(), "2026-01-0٥T10:00"),
        (SplitDateTimeField(), ["2026-01-05", "1٠:00"]),
    ],
)
def test_days_are_written_in_digits_from_0_to_9(field: DateField, typed: object) -> None:
    with translation.override("en"), pytest.raises(ValidationError, match="0 to 9"):
        field.clean(typed)
