"""What is kept on customers, one module per holding."""

from customers.models.billing import Archive, BillingDocument
from customers.models.consent import Confirmation, ConsentEntry, Evidence, Grant, Wording
from customers.models.customer import Customer, NumberRange
from customers.models.technical import Attachment, TechnicalRecord

__all__ = [
    "Archive",
    "Attachment",
    "BillingDocument",
    "Confirmation",
    "ConsentEntry",
    "Customer",
    "Evidence",
    "Grant",
    "NumberRange",
    "TechnicalRecord",
    "Wording",
]
