"""What a person says in a request, sealed with the server's own key.

With the server's and not with the operator's: the server must acknowledge by itself the same day, send the
link that proves an address, and compare with what is held; and the operator must be able to answer in minutes
without opening anything first. A stolen database alone shows nothing; the text is gone 30 days after the answer.
"""

import json
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sitebackend.crypto import lookup, sealing, server_key
from sitebackend.privacy.registry import DataSubject
from sitebackend.references import tidy_reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A person's own words; any of it may be empty. `number`: a customer number, or any of our references.

    What follows the language is not theirs. `link_to`: the stored address that a link went to, until it is used or
    the identity clear. `received_by`: who had received what was changed, and `told`: who heard of it; one a line.
    `ground`: why the operator refuses it, in whole or in part. `enclosures`: what is printed with the letter, one a
    line; `apart`: files of the copy that have no pages and that the operator must add. `persons`: whom of those found
    the request is about, as `persons.remember` tells them; None: nobody was chosen yet. `searched_on`: the day on
    which texts of others were searched for the person.
    """

    name: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    postal_code: str = ""
    number: str = ""
    message: str = ""
    language: str = "de"
    link_to: str = ""
    received_by: str = ""
    told: str = ""
    ground: str = ""
    enclosures: str = ""
    apart: str = ""
    persons: list[dict[str, Any]] | None = None
    searched_on: str = ""

    def closed_texts(self) -> str:
        """What is so of the texts of others that may name the person: on the page, in the copy and in the letter."""
        if not self.searched_on:
            return _("Texts of others that may name you are encrypted. They were not searched.")
        words = _("Texts of others that may name you are encrypted. What could be opened was searched on {day}.")
        return words.format(day=date_format(date.fromisoformat(self.searched_on)))

    def subject(self) -> DataSubject:
        """As the registry looks for people."""
        return DataSubject(
            email=self.email,
            phone=self.phone,
            name=self.name,
            postal_code=self.postal_code,
            customer_number=self.number,
            reference=tidy_reference(self.number) if self.number else "",
        )

    def digests(self) -> dict[str, str]:
        """The columns by which a request is found again."""
        return {
            "email_digest": lookup.email(self.email),
            "phone_digest": lookup.phone(self.phone),
            "name_digest": lookup.name_and_postal_code(self.name, self.postal_code),
        }


def seal(statement: Statement, request_id: UUID) -> bytes:
    return sealing.wrap(_key(), json.dumps(asdict(statement)).encode(), context=_context(request_id))


def unseal(sealed: bytes, request_id: UUID) -> Statement:
    """Raises SealingError if the value belongs to another request or was altered."""
    known = {field.name for field in fields(Statement)}
    facts = json.loads(sealing.unwrap(_key(), sealed, context=_context(request_id)))
    return Statement(**{name: value for name, value in facts.items() if name in known})


def _key() -> bytes:
    return server_key.derive("data-subject requests")


def _context(request_id: UUID) -> str:
    return f"data-subject-request|{request_id}"
