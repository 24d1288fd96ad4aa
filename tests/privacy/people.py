"""People with values that occur nowhere else, and what may happen to them: every event leaves rows in a holding."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

import time_machine

from contact import reading
from contact import services as contact
from contact.models import Submission
from customers.clear_file import ClearFile
from customers.models import BillingDocument, Customer
from customers.services.billing import file_billing_document
from customers.services.register import register_customer
from customers.services.technical import add_technical_record, attach
from sitebackend import nonce
from sitebackend.crypto import lookup
from sitebackend.privacy.models import Channel, DataSubjectRequest, Kind
from sitebackend.privacy.registry import DataSubject
from sitebackend.privacy.restriction import services as restriction
from sitebackend.privacy.services import identity, intake
from sitebackend.privacy.statement import Statement
from tests.customers.conftest import agree_to_technical_data, statements

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
EVENTS = ("message", "customer", "records", "invoice", "request", "old invoice", "note", "restriction")


@dataclass
class Person:
    """Somebody with values that occur nowhere else, and what was kept of them."""

    number: int
    word: str  #: random letters; every value of the person contains it
    values: set[str] = field(default_factory=set)
    customer: Customer | None = None

    def say(self, kind: str) -> str:
        value = f"{kind}-{self.word}-{self.number}"
        self.values.add(value)
        return value

    @property
    def email(self) -> str:
        return f"person{self.number}@example.org"

    @property
    def subject(self) -> DataSubject:
        return DataSubject(email=self.email)


def _message(person: Person) -> None:
    fields = {
        "name": person.say("Name"),
        "street": person.say("Straße"),
        "postal_code": f"P{person.number:04}",
        "city": person.say("Ort"),
        "phone": f"0711 55500{person.number}",
        "email": person.email,
        "message": person.say("Nachricht"),
    }
    contact.receive(fields=fields, reply_to=person.email, nonce=nonce.issue(), now=NOW)


def customer_of(person: Person) -> Customer:
    if person.customer is None:
        data = {
            "first_name": person.say("Vorname"),
            "last_name": person.say("Nachname"),
            "company": person.say("Firma"),
            "street": person.say("Weg"),
            "postal_code": "04109",
            "city": person.say("Stadt"),
            "phone": f"0341 77700{person.number}",
            "email": person.email,
        }
        person.customer = register_customer(master_data=data, statements=statements(), recorded_by=None)
    return person.customer


def _records(person: Person) -> None:
    customer = customer_of(person)
    if not hasattr(customer, "grant"):
        agree_to_technical_data(customer)
    customer = Customer.objects.get(pk=customer.pk)
    record = add_technical_record(customer=customer, kind="network", content={"name": person.say("Netz")})
    attach(record=record, file=ClearFile("plan.pdf", "application/pdf", b"%PDF-1.7 " + person.say("Plan").encode()))


def _old_invoice(person: Person) -> None:
    """Filed within its period, which is over by now."""
    customer_of(person)
    with time_machine.travel(datetime(2016, 1, 2, 12, tzinfo=UTC)):
        _invoice(person, date(2015, 2, 1))


def _invoice(person: Person, issued_on: date = date(2026, 2, 1)) -> None:
    file_billing_document(
        customer=customer_of(person),
        kind="invoice",
        number=f"R-{person.number}-{BillingDocument.objects.count()}",
        issued_on=issued_on,
        amount=Decimal("119.00"),
        currency="EUR",
        file=ClearFile("r.pdf", "application/pdf", b"%PDF-1.7 " + person.say("Rechnung").encode()),
    )


def request(person: Person) -> DataSubjectRequest:
    asked = DataSubjectRequest(kind=Kind.ERASURE, channel=Channel.LETTER, received_on=NOW.date())
    said = Statement(name=person.say("Antragsteller"), email=person.email, message=person.say("Bitte"))
    intake.record(asked, said=said, now=NOW)
    return asked


def is_one(asked: DataSubjectRequest) -> None:
    """The operator ticks everything that is found: another spelling of the name, another telephone."""
    identity.choose(asked, [person.key for person in identity.persons_found(asked)])


def _note(person: Person) -> None:
    """On the newest message, or on a new one."""
    mine = Submission.objects.filter(email_digest=lookup.email(person.email))
    if not mine.exists():
        _message(person)
    reading.add_note(submission=mine.latest("received_at"), text=person.say("Notiz"))


def _restriction(person: Person) -> None:
    restriction.restrict("customers.master_data", [customer_of(person).pk], now=NOW)


def happen(person: Person, event: str) -> None:
    {
        "message": _message,
        "customer": customer_of,
        "records": _records,
        "invoice": _invoice,
        "old invoice": _old_invoice,
        "request": request,
        "note": _note,
        "restriction": _restriction,
    }[event](person)
