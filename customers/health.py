"""What the customers' room reports: broken gates, customers without a basis, what is due."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import BillingDocument, ConsentEntry, Customer, Grant
from customers.services.ledger import broken_entries
from sitebackend.findings import Finding, Level, report
from sitebackend.monitoring import clock
from sitebackend.privacy.journal import JournalDamaged

CONFIRM_WITHIN = timedelta(days=7)

clock.witness_rows(Customer, "created_at")
clock.witness_rows(ConsentEntry, "recorded_at")
clock.witness_rows(BillingDocument, "filed_at")


@report
def gates(now: datetime) -> Iterator[Finding]:
    """A grant without a consent in force cannot be made through this program."""
    if unfounded := Grant.objects.unfounded().count():
        yield Finding(
            area=_("Technical data"),
            level=Level.ALARM,
            text=ngettext(
                "{count} customer has technical data without a written consent in force.",
                "{count} customers have technical data without a written consent in force.",
                unfounded,
            ).format(count=unfounded),
            next_step=_("Somebody changed the database past this program. Restore a backup, or erase the data."),
            code="customers.grant_without_consent",
            figure=unfounded,
        )


@report
def bases(now: datetime) -> Iterator[Finding]:
    if lost := Customer.objects.filter(status=Customer.Status.NO_BASIS).count() + _seldom("astray", _astray):
        yield Finding(
            area=_("Customers"),
            level=Level.ALARM,
            text=ngettext(
                "{count} customer's data have no basis any more.",
                "{count} customers' data have no basis any more.",
                lost,
            ).format(count=lost),
            next_step=_("Record the contract as the basis, or erase the customer."),
            url=f"{reverse('admin:customers_customer_changelist')}?status__exact={Customer.Status.NO_BASIS}",
            code="customers.without_basis",
            figure=lost,
        )


@report
def ledger(now: datetime) -> Iterator[Finding]:
    """Whoever changes what was agreed to goes past this program, and breaks the chain."""
    if broken := _seldom("ledger_broken", _broken):
        yield Finding(
            area=_("Consents"),
            level=Level.ALARM,
            text=ngettext(
                "{count} entry of the consent ledger is not what was recorded.",
                "{count} entries of the consent ledger are not what was recorded.",
                broken,
            ).format(count=broken),
            next_step=_("Somebody changed the database past this program. Restore a backup from before, or ask anew."),
            url=reverse("admin:customers_customer_changelist"),
            code="customers.ledger_broken",
            figure=broken,
        )


def _astray() -> int:
    return Customer.objects.astray().count()


def _broken() -> int:
    try:
        return broken_entries()
    except JournalDamaged:
        return 1  # entries are gone, and nothing says that they were erased


def _seldom(name: str, count: Callable[[], int]) -> int:
    """Looked for at most every ten minutes: it reads everything, and nothing in this program makes one."""
    found: int = cache.get_or_set(f"customers.{name}", count, timeout=600) or 0
    return found


@report
def oral_statements(now: datetime) -> Iterator[Finding]:
    """Valid, but hard to prove: a letter or mail makes them provable."""
    waiting = ConsentEntry.objects.unconfirmed().filter(recorded_at__lt=now - CONFIRM_WITHIN)
    if count := waiting.values("customer").distinct().count():
        yield Finding(
            area=_("Consents"),
            level=Level.WARNING,
            text=ngettext(
                "{count} customer's oral consent is not confirmed in writing.",
                "{count} customers' oral consents are not confirmed in writing.",
                count,
            ).format(count=count),
            next_step=_("Open the customer and send the confirmation by mail, or print the letter."),
            url=f"{reverse('admin:customers_customer_changelist')}?written=waiting",
            code="customers.unconfirmed",
            figure=count,
        )


@report
def billing_documents(now: datetime) -> Iterator[Finding]:
    """The worker sweeps every day; what is still there was not swept."""
    if due := BillingDocument.objects.due(timezone.localdate(now)).count():
        yield Finding(
            area=_("Billing documents"),
            level=Level.WARNING,
            text=ngettext(
                "{count} document has outlived its period and goes with the next sweep.",
                "{count} documents have outlived their period and go with the next sweep.",
                due,
            ).format(count=due),
            code="customers.billing_due",
            figure=due,
        )


@report
def confirmations(now: datetime) -> Iterator[Finding]:
    if stale := Customer.objects.to_confirm(now).count():
        yield Finding(
            area=_("Customers"),
            level=Level.WARNING,
            text=ngettext(
                "{count} customer has not confirmed their data for a year.",
                "{count} customers have not confirmed their data for a year.",
                stale,
            ).format(count=stale),
            next_step=_("Ask whether name, address and telephone number are still right."),
            url=f"{reverse('admin:customers_customer_changelist')}?confirm=due",
            code="customers.to_confirm",
            figure=stale,
        )


@report
def inactive(now: datetime) -> Iterator[Finding]:
    """The privacy notice says that somebody looks whether customers who fell silent can go: this is who asks for it."""
    if count := Customer.objects.inactive(now).count():
        years = settings.CUSTOMER_INACTIVE_YEARS
        yield Finding(
            area=_("Customers"),
            level=Level.WARNING,
            text=ngettext(
                "Nothing was heard of {count} customer for {years} or more years.",
                "Nothing was heard of {count} customers for {years} or more years.",
                count,
            ).format(count=count, years=years),
            next_step=_("Say of each whether the data are still needed: keep them for a reason, or let them go."),
            url=reverse("admin:customers_customer_inactive"),
            code="customers.inactive",
            figure=count,
        )
