"""VAT numbers: the form and check digit that each country's law gives them, verified without asking anybody."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def validate_vat_number(value: str) -> None:
    from stdnum.eu import vat

    if not vat.is_valid(value):
        raise ValidationError(_("This is no valid VAT number of a country of the European Union."), code="vat_number")
