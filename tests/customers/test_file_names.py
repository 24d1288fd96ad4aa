"""What the name of a file tells of the document in it."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.file_names import Read, read


@pytest.mark.parametrize(
    ("name", "number", "issued_on", "amount"),
    [
        ("R-2026-017 2026-02-01 1.119,00.pdf", "R-2026-017", date(2026, 2, 1), "1119.00"),
        ("2026-02-01_R-2026-017_1119,00 EUR.PDF", "R-2026-017", date(2026, 2, 1), "1119.00"),
        ("Rechnung 4711 0,50€.pdf", "Rechnung 4711", None, "0.50"),
        ("R-2026-02-30 10,00.pdf", "R-2026-02-30", None, "10.00"),
        ("R-2026-017.pdf", "R-2026-017", None, None),
        ("2026-02-01 119,00.pdf", "", date(2026, 2, 1), "119.00"),
        ("R 1234567-02-031 5,000.pdf", "R 1234567-02-031 5,000", None, None),
    ],
)
def test_number_date_and_amount_are_read(name: str, number: str, issued_on: date | None, amount: str | None) -> None:
    assert read(name) == Read(number, issued_on, Decimal(amount) if amount else None)


@given(
    st.from_regex(r"[A-Z]{1,3}-[0-9]{1,6}", fullmatch=True),
    st.dates(min_value=date(1900, 1, 1)),
    st.decimals(0, 10**9, places=2),
)
def test_what_was_written_into_a_name_is_read_from_it(number: str, day: date, amount: Decimal) -> None:
    written = f"{number}_{day.isoformat()}_{amount:.2f}".replace(".", ",")
    assert read(f"{written}.pdf") == Read(number, day, amount)


@given(st.text())
def test_no_name_is_too_strange(name: str) -> None:
    read(name)
