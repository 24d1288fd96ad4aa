"""What is held on customers, for the registry: master data, consents, technical records, billing documents."""

from customers.models import Archive, LedgerLink, NumberRange, Wording
from customers.personal_data import billing, customer
from sitebackend.privacy.registry import holds_no_personal_data

__all__ = ["billing", "customer"]

_RULE = "how numbers look"
_TEXT = "the same for everybody"
_KEY = "a key of the archive, nobody's"
holds_no_personal_data(NumberRange, id=_RULE, prefix=_RULE, digits=_RULE, highest="a count")
holds_no_personal_data(Wording, id=_TEXT, purpose=_TEXT, version=_TEXT, valid_from=_TEXT, text=_TEXT)
_CHAIN = "a digest over random keys; it leads to nobody who is not kept beside it"
holds_no_personal_data(LedgerLink, number="a count", customer_digest=_CHAIN, entry_digest=_CHAIN, chain=_CHAIN)
holds_no_personal_data(Archive, id=_KEY, public_key=_KEY, sealed_private_key=_KEY)
