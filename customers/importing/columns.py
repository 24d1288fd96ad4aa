"""What a column of a list can be, and what it probably is, by its name."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.folding import folded
from customers.models import Customer
from customers.models.customer import PLACE

NAME, PLACE_IN_ONE = "name", "postal_code_city"
MASTER = (
    "salutation", "first_name", "last_name", "company", *PLACE, "phone", "email", "vat_number", "notes"
)  # fmt: skip
#: what may be assigned to several columns: each is kept under the name of its column
REPEATED = ("further_phone", "further_email")
AGREED = ("contract", "invoicing", "retention")


def _label(field: str) -> str | Promise:
    return {held.name: held.verbose_name for held in Customer._meta.fields}[field]


LABELS: dict[str, str | Promise] = {
    "number": _("customer number (as it is)"),
    **{field: _label(field) for field in MASTER},
    NAME: _("first and last name in one"),
    PLACE_IN_ONE: _("postal code and city in one"),
    "further_phone": _("further telephone"),
    "further_email": _("further e-mail address"),
    **{f"further_{field}": _("further address: {part}") for field in PLACE},
    **{f"invoice_{field}": _("address for invoices: {part}") for field in PLACE},
    "contract": _("agreed: contract (“contract”, yes, no)"),
    "invoicing": _("agreed: invoicing (“contract”, yes, no)"),
    "retention": _("agreed: customer retention (yes, no)"),
    "given_on": _("agreed on (day)"),
    "given_by": _("agreed how (in person, by telephone …)"),
}

#: folded names of columns, as programs and people write them
_NAMES = {
    "number": "kundennummer kundennr kunden-nr kd-nr kdnr nummer customernumber number",
    "salutation": "anrede salutation title",
    "first_name": "vorname firstname givenname first",
    "last_name": "nachname familienname zuname lastname surname familyname last",
    NAME: "name ansprechpartner kontakt vollername fullname contact",
    "company": "firma unternehmen organisation firmenname company organization",
    "street": "strasse straße strassehausnummer adresse anschrift street address strasseundhausnummer",
    "postal_code": "plz postleitzahl zip zipcode postalcode postcode",
    "city": "ort stadt wohnort city town",
    PLACE_IN_ONE: "plzort plzundort",
    "country": "land country",
    "phone": "telefon tel telefonnummer rufnummer festnetz phone telephone telefongeschaftlich",
    "further_phone": "mobil handy mobiltelefon mobilnummer telefon2 fax telefax telefonprivat mobile cell",
    "email": "email e-mail mail emailadresse e-mailadresse e-mail-adresse mailadresse",
    "further_email": "email2 e-mail2 zweiteemail emailprivat rechnungsmail",
    "vat_number": "ustid ust-id ustidnr ust-idnr umsatzsteuerid umsatzsteuer-id vat vatnumber vatid",
    "notes": "notiz notizen bemerkung bemerkungen note notes kommentar",
    "invoice_street": "rechnungsstrasse",
    "invoice_postal_code": "rechnungsplz",
    "invoice_city": "rechnungsort",
    "contract": "einwilligungvertrag vertrag",
    "invoicing": "einwilligungabrechnung abrechnung einwilligungrechnung",
    "retention": "einwilligungkundenpflege kundenpflege werbung newsletter einwilligungwerbung",
    "given_on": "einwilligungam einwilligungsdatum einwilligungvom",
    "given_by": "einwilligungper einwilligungweg einwilligungdurch einwilligungwie",
}
_BY_NAME = {folded(name).replace(" ", ""): target for target, names in _NAMES.items() for name in names.split()}


def label(target: str) -> str:
    """What the operator chooses from."""
    part = target.removeprefix("further_").removeprefix("invoice_")
    return str(LABELS[target]).format(part=_label(part) if part in PLACE else "")


def guess(headers: tuple[str, ...]) -> list[str]:
    """Per column its probable target, or ""; a second telephone is a further one."""
    guessed: list[str] = []
    for header in headers:
        target = _BY_NAME.get(folded(header).replace(" ", ""), "")
        if target in guessed and target not in REPEATED:
            target = f"further_{target}" if f"further_{target}" in REPEATED else ""
        guessed.append(target)
    return guessed
