"""What is kept on customers, one module per holding."""

from customers.models.billing import Archive, BillingDocument, RecipientDigest
from customers.models.consent import Confirmation, ConsentEntry, Evidence, Grant, Wording
from customers.models.contact_point import ContactPoint
from customers.models.customer import Customer
from customers.models.ledger import LedgerLink
from customers.models.number_range import NumberRange
from customers.models.technical import Attachment, TechnicalRecord

__all__ = [
    "Archive",
    "Attachment",
    "BillingDocument",
    "Confirmation",
    "ConsentEntry",
    "ContactPoint",
    "Customer",
    "Evidence",
    "Grant",
    "LedgerLink",
    "NumberRange",
    "RecipientDigest",
    "TechnicalRecord",
    "Wording",
]
