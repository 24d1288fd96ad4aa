"""The customer list as a table for invoicing, and for nothing else: what an invoice needs, no notes, no telephone."""

from customers.models import ContactPoint, Customer
from customers.models.customer import PLACE, CustomerQuerySet
from sitebackend import spreadsheets

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


def table(customers: CustomerQuerySet) -> bytes:
    """As a German spreadsheet opens it."""
    labels = {field.name: str(field.verbose_name) for field in Customer._meta.concrete_fields}
    rows = (_values(customer) for customer in customers.prefetch_related("contact_points"))
    return spreadsheets.table([labels[name] for name in COLUMNS], ([row[name] for name in COLUMNS] for row in rows))


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
