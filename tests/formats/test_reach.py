"""A telephone number can be dialled and a postal code posted to; how people write them is theirs."""

import pytest
from django.core.exceptions import ValidationError

from sitebackend.formats.reach import bare_postal_code, check_phone, check_postal_code
from sitebackend.models import SiteSettings


@pytest.mark.parametrize(
    "number",
    [
        "", "110", "0341 5", "+49 (0)30 / 1234-56", "+49 711 123456", "0711/12 34 56", "0711.123456", "030 123-0",
        "0049 30 1234567", "+43 1 5880", "+1 (212) 555-0100", "030 – 123 456", "Tel. 0711 123", "Tel: 0711 123",
        "0711 123456 Durchwahl 12", "0711 123456, DW 12", "0711 123456 App. 7", "+1 212 555 0100 ext. 5",
        "+1 212 555 0100 x5", "0711 123456 Durchwahl -12",
    ],
)  # fmt: skip
def test_real_spellings_are_taken(number: str) -> None:
    check_phone(number)


@pytest.mark.parametrize(
    "number",
    [
        "kein telefon", "keins", "-", "–", "n/a", "0", "00", "000000", "12", "+", "+49", "k.A.", "٠٧١١١٢٣",
        "0711 KAUFMICH",
        "0711 123456 oder 0171 1", "a@b.de", "0711 123 (Frau X)", "((0711 123", "++49 711", "1" * 21, "https://0711.de",
    ],
)  # fmt: skip
def test_what_nobody_can_dial_is_refused(number: str) -> None:
    with pytest.raises(ValidationError):
        check_phone(number)


@pytest.mark.parametrize(
    ("code", "country"),
    [
        ("", "Deutschland"), ("04109", "Deutschland"), ("70173", ""), ("D-70173", "Germany"), ("DE 70173", "DE"),
        ("1010", "Österreich"), ("A-1010", "Austria"), ("CH-8001", "Schweiz"), ("9490", "Liechtenstein"),
        ("SW1A 1AA", "United Kingdom"), ("1012 AB", "Niederlande"), ("00-950", "Polen"), ("110 00", "Tschechien"),
        ("D02 AF30", "Irland"), ("L-1009", "Luxemburg"),
    ],
)  # fmt: skip
def test_postal_codes_of_here_and_elsewhere_are_taken(code: str, country: str) -> None:
    check_postal_code(code, country)


@pytest.mark.parametrize(
    ("code", "country"),
    [
        ("ABC", "Deutschland"), ("ABC", "Narnia"), ("1234", "Deutschland"), ("00000", "Deutschland"), ("00123", ""),
        ("701733", "Deutschland"), ("٧٠١٧٣", "Deutschland"), ("70173 Stuttgart", "Deutschland"),
        ("12345", "Österreich"),
        ("keine", "Frankreich"), ("-", "Frankreich"), ("1" * 12, "Frankreich"), ("0800", "Schweiz"),
    ],
)  # fmt: skip
def test_what_is_no_postal_code_of_the_country_is_refused(code: str, country: str) -> None:
    with pytest.raises(ValidationError):
        check_postal_code(code, country)


def test_the_country_in_front_goes() -> None:
    assert bare_postal_code("D-70173", "Deutschland") == "70173"
    assert bare_postal_code(" DE21 5AB ", "United Kingdom") == "DE21 5AB"


BUSINESS = {
    "business_name": "Netz", "owner": "E. M.", "street": "Weg 1", "postal_code": "70173", "city": "Stuttgart",
    "email": "a@example.de", "phone": "0711 123456",
}  # fmt: skip


@pytest.mark.parametrize(("field", "value"), [("phone", "kein telefon"), ("postal_code", "ABC")])
def test_nothing_undiallable_goes_public(db: None, field: str, value: str) -> None:
    site = SiteSettings(**BUSINESS | {field: value})
    with pytest.raises(ValidationError) as refused:
        site.full_clean()
    assert set(refused.value.message_dict) == {field}


def test_what_was_kept_before_does_not_stand_in_the_way_of_another_field(db: None) -> None:
    SiteSettings.objects.create(**BUSINESS | {"phone": "kein telefon", "postal_code": "ABC"})
    site = SiteSettings.objects.get()
    site.claim = "Wir kümmern uns."
    site.full_clean()
    site.country = "Österreich"
    with pytest.raises(ValidationError):
        site.full_clean()
