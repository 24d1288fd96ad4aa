"""The customer list as a table for invoicing, and for nothing else: what an invoice needs, no notes, no telephone.

What must never happen: a cell that somebody filled in is carried out as a formula by a spreadsheet. So a cell
that begins like one gets an apostrophe in front, which spreadsheets show as text.
"""

import csv
from collections.abc import Iterable
from io import StringIO

from customers.models import Customer

COLUMNS = (
    "number",
    "company",
    "salutation",
    "first_name",
    "last_name",
    "street",
    "postal_code",
    "city",
    "country",
    "email",
    "vat_number",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def table(customers: Iterable[Customer]) -> bytes:
    """UTF-8 with a byte order mark and semicolons, as German spreadsheets open it."""
    out = StringIO()
    writer = csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL)
    labels = {field.name: str(field.verbose_name) for field in Customer._meta.concrete_fields}
    writer.writerow([labels[name] for name in COLUMNS])
    for customer in customers:
        values = {name: str(getattr(customer, name)) for name in COLUMNS}
        values["salutation"] = customer.get_salutation_display()
        writer.writerow([safe(value) for value in values.values()])
    return out.getvalue().encode("utf-8-sig")


def safe(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA_STARTS) else cell
