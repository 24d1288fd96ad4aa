"""What the privacy notice says of customers: master data, technical data, billing documents."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from customers.models import BillingDocument, Customer
from sitebackend import retention
from sitebackend.privacy.notice.services import Section, Sentence, facts


@facts(order=25)
def customers() -> Iterator[Section]:
    yield Section(
        name="customers",
        title=_("Customers"),
        paragraphs=[list(_master_data()), list(_technical_data()), list(_billing())],
    )


def _master_data() -> Iterator[Sentence]:
    yield Sentence(
        "customers.basis",
        _(
            "Our customer list holds master data for three purposes: carrying out your order, invoicing, and staying "
            "in touch. They rest on the contract (Art. 6(1)(b) GDPR) or on your consent, which may be given by word of "
            "mouth (Art. 6(1)(a)); on which, we record for each purpose, and your copy tells."
        ),
    )
    yield Sentence(
        "customers.needed",
        _(
            "Without master data we can carry out no order. If you have everything deleted, the contract becomes hard "
            "or impossible to perform; we tell you so before we delete."
        ),
    )
    yield Sentence(
        "customers.source",
        _(
            "Master data come from you yourself, from a message of yours or from files of ours; your copy tells from "
            "where, and the day."
        ),
    )
    yield Sentence("customers.inactive", retention.of_customers())
    if Customer.objects.filter(source=Customer.Source.UNKNOWN).exists():
        yield Sentence(
            "customers.source_unknown",
            _("Of customers who were entered before this was asked for, the source is not on record."),
        )


def _technical_data() -> Iterator[Sentence]:
    yield Sentence(
        "customers.technical",
        _(
            "Details and settings of your network and devices are kept only if you have also agreed in writing "
            "(Art. 6(1)(a) GDPR), so that we can help quickly in urgent cases. They are sealed, never passed on, and "
            "deleted as soon as you withdraw."
        ),
    )


def _billing() -> Iterator[Sentence]:
    yield Sentence("customers.billing", retention.of_billing())
    if others := sorted(_periods_on_file() - {retention.billing_years()}):
        yield Sentence(
            "customers.billing_filed_before",
            _("Documents filed while another period was set keep that one: {years} calendar years.").format(
                years=", ".join(map(str, others))
            ),
        )


def _periods_on_file() -> set[int]:
    """Whole calendar years between the date and the end of every filed document: a handful, whatever is filed."""
    rows = BillingDocument.objects.order_by().values_list("issued_on__year", "kept_until__year").distinct()
    return {until - issued for issued, until in rows}
