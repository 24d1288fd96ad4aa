"""What a breach was, in the operator's words: free text, so it may name somebody, whatever the form says.

Therefore it is sealed with the server's own key, as what persons write in requests is: the letters to authority
and persons fill themselves from it without the vault, a stolen database alone shows nothing. E-mail addresses
and telephone numbers are refused at the form; the registry looks through what is left for a person's name.
"""

import json
from dataclasses import asdict, dataclass, fields
from uuid import UUID

from sitebackend.crypto import sealing, server_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Any of it may be empty: the authority may be told in phases (Art. 33(4))."""

    happened: str = ""
    whose: str = ""  #: categories of persons
    what: str = ""  #: categories of records
    consequences: str = ""
    measures: str = ""
    why_no_risk: str = ""  #: Art. 33(1): why the authority need not know
    why_late: str = ""  #: Art. 33(1), second sentence
    why_not_told: str = ""  #: Art. 34(3)

    def words(self) -> str:
        """All of it, as one text."""
        return "\n".join(str(value) for value in asdict(self).values())


NAMES = tuple(field.name for field in fields(Account))


def seal(account: Account, breach_id: UUID) -> bytes:
    return sealing.wrap(_key(), json.dumps(asdict(account)).encode(), context=_context(breach_id))


def unseal(sealed: bytes, breach_id: UUID) -> Account:
    """Raises SealingError if the value belongs to another breach or was altered."""
    facts = json.loads(sealing.unwrap(_key(), sealed, context=_context(breach_id)))
    return Account(**{name: value for name, value in facts.items() if name in NAMES})


def _key() -> bytes:
    return server_key.derive("breaches")


def _context(breach_id: UUID) -> str:
    return f"breach|{breach_id}"
