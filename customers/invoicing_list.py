"""The customer list as a table for invoicing, and for nothing else: what an invoice needs, no notes, no telephone.

What must never happen: a cell that somebody filled in is carried out as a formula by a spreadsheet. So a cell
that begins like one gets an apostrophe in front, which spreadsheets show as text.
"""

import csv
from io import StringIO

from customers.models import ContactPoint, Customer
from customers.models.customer import PLACE, CustomerQuerySet

COLUMNS = (
    "number",
    "company",
    "salutation",
    "first_name",
    "last_name",
    *PLACE,
    "email",
    "vat_number",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def table(customers: CustomerQuerySet) -> bytes:
    """UTF-8 with a byte order mark and semicolons, as German spreadsheets open it."""
    out = StringIO()
    writer = csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL)
    labels = {field.name: str(field.verbose_name) for field in Customer._meta.concrete_fields}
    writer.writerow([labels[name] for name in COLUMNS])
    for customer in customers.prefetch_related("contact_points"):
        values = _values(customer)
        writer.writerow([safe(values[name]) for name in COLUMNS])
    return out.getvalue().encode("utf-8-sig")


def _values(customer: Customer) -> dict[str, str]:
    """The customer's, with the address and the e-mail address that invoices go to, if these are others."""
    values = {name: str(getattr(customer, name)) for name in COLUMNS} | {
        "salutation": customer.get_salutation_display()
    }
    for point in customer.contact_points.all():
        if point.for_invoices and point.kind == ContactPoint.Kind.EMAIL:
            values["email"] = point.value
        elif point.for_invoices:
            values |= {name: getattr(point, name) for name in PLACE}
    return values


def safe(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA_STARTS) else cell
