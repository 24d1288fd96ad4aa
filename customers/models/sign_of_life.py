"""Signs of life: by what a customer counts as somebody who is still in touch.

What must never happen: a customer is taken for gone although something here says otherwise. So besides the days in
the customer's own row everything that hangs on it is asked, and every source that keeps what persons sent by
themselves (`registry.contacts`), by the first and by the further telephones and e-mail addresses. What lies outside
this program (a call, a letter nobody recorded) it cannot know; that is why it asks, and erases nobody by itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self, TypeVar

from django.apps import apps
from django.conf import settings
from django.db.models import DateTimeField, Exists, Model, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models.consent import Channel
from sitebackend import retention
from sitebackend.crypto import lookup
from sitebackend.privacy import registry
from sitebackend.privacy.restriction.models import Restriction

Row = TypeVar("Row", bound=Model)

ANSWER_LASTS = 1  # years; then the same customer is asked about again
#: in the customer's own row
OWN: dict[str, str | Promise] = {"created_at": _("recorded"), "last_confirmed_at": _("data last confirmed")}


@dataclass(frozen=True, slots=True)
class Sign:
    """Rows of one customer (`OuterRef("pk")`), of which the newest counts; none without a value in `found_by`."""

    what: str | Promise
    rows: QuerySet[Any]
    column: str  #: day or moment
    found_by: str = ""

    def is_seen_since(self, first: date) -> Q:
        seen = Q(Exists(_since(first, self.rows, self.column)))
        return ~Q(**{self.found_by: ""}) & seen if self.found_by else seen

    def newest(self) -> Subquery:
        return Subquery(self.rows.order_by(f"-{self.column}").values(self.column)[:1])


def signs() -> list[Sign]:
    """Return all that stand outside the customer's own row."""
    return [*_of_customers(), *_of_others()]


def last_sign(customer: Any, asked: Sequence[Sign]) -> tuple[date, str | Promise]:
    """Return the day of the newest of these `signs`, and which it was, of a customer out of `with_last_signs`."""
    seen = [(getattr(customer, name), what) for name, what in OWN.items()]
    seen += [(getattr(customer, f"sign_{place}"), sign.what) for place, sign in enumerate(asked)]
    return max(((_day(at), what) for at, what in seen if at), key=lambda sign: sign[0])


def _day(at: date) -> date:
    return timezone.localdate(at) if isinstance(at, datetime) else at


class SilenceQuerySet(QuerySet[Row]):
    """The part of the customers' queries that asks who fell silent."""

    def silent(self, today: date) -> Self:
        """Those without a sign of life for CUSTOMER_INACTIVE_YEARS, and whom nothing else holds.

        Left out: who is held for a reason on record (asked and answered), who is restricted (kept, and nothing else is
        done with them until it is lifted, Art. 18(2) GDPR), and whose basis was withdrawn (an alarm asks already).
        """
        first = retention.years_before(today, settings.CUSTOMER_INACTIVE_YEARS)
        own = {f"{name}__lt": retention.midnight(first) for name in OWN}
        model: Any = self.model
        with_basis = ~Q(status=model.Status.NO_BASIS)
        unseen = [~sign.is_seen_since(first) for sign in signs()]
        restricted = Restriction.objects.rows()
        silent = self.exclude(pk__in=restricted).filter(with_basis, *unseen, hold_reason="", **own)
        return silent.exclude(pk__in=heard) if (heard := _heard_by_former_digests(silent, first)) else silent

    def inactive(self, now: datetime) -> Self:
        """Silent ones about whom nobody answered for a year: whether they can go is asked (Art. 5(1)(e) GDPR)."""
        today = timezone.localdate(now)
        first = retention.years_before(today, ANSWER_LASTS)
        kept = Q(kept_at=None) | Q(kept_at__lt=retention.midnight(first))
        return self.silent(today).filter(kept, Q(goes_on=None) | Q(goes_on__lte=first))

    def let_go(self, today: date) -> Self:
        """Those let go within the year, of whom nothing was heard since."""
        return self.silent(today).filter(goes_on__gt=retention.years_before(today, ANSWER_LASTS))

    def going(self, today: date) -> Self:
        return self.let_go(today).filter(goes_on__lte=today)

    def with_last_signs(self) -> Self:
        """Each with the newest of every sign, for `last_sign`."""
        return self.annotate(**{f"sign_{place}": sign.newest() for place, sign in enumerate(signs())})


def _of_customers() -> Iterator[Sign]:
    theirs = {"customer": OuterRef("pk")}
    said = _all("ConsentEntry").filter(**theirs).exclude(channel__in=[Channel.ERASURE, Channel.RESTORE])
    yield Sign(_("word on a consent"), said, "given_at")
    yield Sign(_("billing document"), _all("BillingDocument").filter(**theirs), "issued_on")
    yield Sign(
        _("technical data changed"), _all("TechnicalRecord").filter(grant__customer=OuterRef("pk")), "updated_at"
    )


def _of_others() -> Iterator[Sign]:
    """What came from the customer's addresses; an Exists for each column, so that each finds its index."""
    for source, rows, column in registry.contacts():
        what = source.describe().title
        for digest in ("email_digest", "phone_digest"):
            sent = rows.exclude(**{digest: ""})
            yield Sign(what, sent.filter(**{digest: OuterRef(digest)}), column, found_by=digest)
            points = _all("ContactPoint").exclude(digest="").filter(customer=OuterRef(OuterRef("pk")))
            yield Sign(what, sent.filter(**{f"{digest}__in": points.values("digest")}), column)


def _heard_by_former_digests(silent: QuerySet[Any], first: date) -> set[Any]:
    """Those of whom something is here whose digest is of a former version: only opened it gives another.

    Such a digest may mean a stranger too (`lookup.Mailbox.unclear`): rather one too many counts as heard of.
    """
    former = _former_digests(first) if silent.exists() else set()
    asked = _addresses(silent) if former else ()
    return {customer for customer, address in asked if former & lookup.mailbox(address).all}


def _former_digests(first: date) -> set[str]:
    """Of the e-mail addresses that something came from since."""
    sent = [_since(first, rows, column) for _source, rows, column in registry.contacts()]
    former = [rows.exclude(email_digest="").exclude(email_digest__startswith=lookup.EMAIL_VERSION) for rows in sent]
    return {digest for rows in former for digest in rows.values_list("email_digest", flat=True)}


def _addresses(customers: QuerySet[Any]) -> Iterator[tuple[Any, str]]:
    yield from customers.exclude(email="").values_list("pk", "email")
    points = _all("ContactPoint").filter(kind="email", customer__in=customers.values("pk"))
    yield from points.values_list("customer", "value")


def _since(first: date, rows: QuerySet[Any], column: str) -> QuerySet[Any]:
    is_moment = isinstance(rows.model._meta.get_field(column), DateTimeField)
    return rows.filter(**{f"{column}__gte": retention.midnight(first) if is_moment else first})


def _all(model: str) -> QuerySet[Any]:
    """By name: these models stand above the customer's."""
    rows: QuerySet[Any] = apps.get_model("customers", model)._default_manager.order_by()
    return rows
