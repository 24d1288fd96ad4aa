"""`manage.py demo_data`: invented customers, submissions and pages, in any number, to try and to measure with.

Nobody in here exists. All submissions share one ciphertext: the database grows as with real ones, and a
million of them do not cost a million runs of gpg.
"""

import secrets
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contact import message
from contact.models import MAIL_KIND, EncryptedMessage, Submission
from customers.models import ConsentEntry, ContactPoint, Customer, Wording
from customers.models.consent import LegalBasis, Purpose
from customers.services.consents import Statement
from customers.services.register import counted, next_numbers
from sitebackend import operator_key
from sitebackend.crypto import lookup
from sitebackend.mail.models import OutgoingMail, State
from sitebackend.pages.models import Page
from sitebackend.references import new_reference
from sitebackend.setting_parsers import CONTACT_FIELDS, whole_number
from sitebackend.vault import services as vault

BATCH = 2000
FIRST_NAMES = ("Änne", "Björn", "Çelik", "Dörte", "Émile", "Frauke", "Günther", "Hülya", "Ines", "Jörg")
LAST_NAMES = ("Ahrens", "Böttcher", "Groß", "Jürgens", "Küçük", "Möller", "Nowak", "Özdemir", "Schäfer", "Weiß")
TRADES = ("Bäckerei", "Tischlerei", "Arztpraxis", "Kanzlei", "Gärtnerei", "Fahrschule", "Buchhandlung", "Werkstatt")
CITIES = (("04", "Leipzig"), ("20", "Hamburg"), ("50", "Köln"), ("80", "München"), ("99", "Erfurt"))
NAMESAKES = 3  # persons of one name in one postal code, at most, among 300,000


class Command(BaseCommand):
    help = "Add invented customers, submissions and pages, to try and to measure with."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name in ("customers", "submissions", "pages"):
            parser.add_argument(f"--{name}", type=whole_number, default=0, metavar="N")
        parser.add_argument("--yes", action="store_true", help="also on a site that is not for trying out")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.HTTPS and not options["yes"]:
            raise CommandError(_("This is a real site. If you want invented data in it: --yes."))
        now = timezone.now()
        for name, make in (("customers", customers), ("submissions", submissions), ("pages", pages)):
            for done in make(options[name], now):
                self._progress(name, done, options[name])

    def _progress(self, name: str, done: int, wanted: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{name} {done}/{wanted}", ending="\n" if done == wanted else "")


def customers(number: int, now: datetime) -> Iterator[int]:
    """In batches; gives how many there are so far. Nobody comes twice, not even who was erased."""
    for start in range(0, number, BATCH):
        with transaction.atomic():
            given = next_numbers(min(BATCH, number - start))
            made = [_customer(counted(one) - 1, one) for one in given]
            bases = _Bases(now)
            ConsentEntry.objects.bulk_create([entry for customer in made for entry in bases.of(customer)])
            Customer.objects.bulk_create(made)
            ContactPoint.objects.bulk_create(_second_telephones(made))
        yield start + len(made)


def submissions(number: int, now: datetime) -> Iterator[int]:
    """One ciphertext for all of them; the newest a minute old, the next a minute older, and so on."""
    if number:
        shared, first = _ciphertext(now), Submission.objects.count()
    for start in range(0, number, BATCH):
        made = [_submission(first + age, age, shared, now) for age in range(start, min(start + BATCH, number))]
        Submission.objects.bulk_create(made)
        OutgoingMail.objects.bulk_create(_mail_sent(submission, now) for submission in made)
        yield start + len(made)


def pages(number: int, now: datetime) -> Iterator[int]:
    for place in range(number):
        slug = f"probe-{place + 1}-{secrets.token_hex(3)}"
        body = f"<p>{' '.join(TRADES)} {place}</p>" * 20
        Page.objects.create(slug=slug, title=f"Probeseite {place + 1}", body=body, status=Page.Status.PUBLISHED)
        yield place + 1


def _person(place: int) -> dict[str, str]:
    """The same for the same place: a customer who also wrote through the form."""
    code, city = CITIES[place % 5]
    return {
        "first_name": FIRST_NAMES[place // 10 % 10],
        "last_name": LAST_NAMES[place % 10],
        "postal_code": f"{code}{place // (100 * NAMESAKES) % 1000:03d}",
        "city": city,
        "phone": f"+49 341 {place:06d}",
        "email": f"kunde{place}@firma{place % 1000}.example.de",
    }


def _customer(place: int, number: str) -> Customer:
    person = _person(place)
    customer = Customer(
        number=number,
        company=f"{TRADES[place % 8]} {person['last_name']} {place}",
        street=f"Lindenstraße {place % 200 + 1}",
        **person,
    )
    customer.public_key, customer.sealed_private_key = vault.new_holder_key(context=customer.key_context)
    return customer


def _second_telephones(customers: list[Customer]) -> Iterator[ContactPoint]:
    """Every third customer has one."""
    for customer in customers[::3]:
        yield ContactPoint(customer=customer, kind="phone", label="mobil", value=f"+49 170 {customer.phone[-6:]}")


class _Bases:
    """The contract as basis of performing it and of invoicing, on the wordings of today."""

    def __init__(self, now: datetime) -> None:
        self.said = [
            Statement(purpose=purpose, legal_basis=LegalBasis.CONTRACT, given_at=now, wording=wording)
            for purpose in (Purpose.CONTRACT, Purpose.INVOICING)
            for wording in [Wording.objects.current(purpose, timezone.localdate(now))]
        ]

    def of(self, customer: Customer) -> list[ConsentEntry]:
        """Unsaved; set on the customer as well."""
        entries = [said.as_entry(customer=customer, recorded_by=None) for said in self.said]
        customer.contract_consent, customer.invoicing_consent = entries
        return entries


def _ciphertext(now: datetime) -> EncryptedMessage:
    fields = dict.fromkeys(CONTACT_FIELDS, "Das ist eine Probe.")
    plaintext = message.build(fields, reference="PROBE", received_at=now, reply_to="")
    armoured, fingerprints = operator_key.encrypt(plaintext)
    return EncryptedMessage.objects.create(armoured=armoured.decode(), fingerprints=fingerprints)


def _mail_sent(submission: Submission, now: datetime) -> OutgoingMail:
    queued_at = submission.received_at
    return OutgoingMail(
        kind=MAIL_KIND, about=submission.pk, queued_at=queued_at, state=State.SENT, sent_at=now, copies=1
    )


def _submission(place: int, age: int, shared: EncryptedMessage, now: datetime) -> Submission:
    person = _person(place)
    name = f"{person['first_name']} {person['last_name']}"
    return Submission(
        reference=new_reference(),
        received_at=now - timedelta(minutes=age + 1),
        message=shared,
        idempotency_digest=secrets.token_hex(32),
        email_digest=lookup.email(person["email"]),
        phone_digest=lookup.phone(person["phone"]),
        name_digest=lookup.name_and_postal_code(name, person["postal_code"]),
        sender_digest=lookup.name(name),
    )
