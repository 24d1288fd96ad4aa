"""How long what is kept, counted from when, and why: every period of this site, in one place.

Arithmetic of dates, nothing else; the holdings' sources say which rows it meets (`due` of the registry). A
period of days does not count the day that caused it (§§ 187, 188 BGB): thirty whole days lie between the
answer and the day on which its text goes. A period of calendar years starts with the end of the year that
caused it: what was answered on 2 January 2026 and on 30 December 2026 both goes on 1 January 2030.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

OTHER_STATES = ("done", "open")  #: of messages, besides suspects
REQUEST_TEXT_DAYS = 30
PROOF_YEARS = 3
ANSWER_LIVES = timedelta(days=14)
LINK_LIVES = timedelta(days=14)
TRAIL_YEARS = 1
BREACH_YEARS = 3
STATUTORY_BILLING_YEARS = 8  # § 147(3) AO, § 257(4) HGB, § 14b UStG, since 1 January 2025
ACKNOWLEDGEMENT_WAITS = timedelta(days=1)
TAKEN_BACK_WITHIN = timedelta(hours=1)  # a message, by its sender
SUSPECT_DAYS = 90
SPAM_MODEL = timedelta(days=30)
SENT_MAIL = timedelta(days=30)
PAGE_TRASH = timedelta(days=30)
DEAD_LINKS = timedelta(days=90)
KNOWN_BROWSERS = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Period:
    """One line of the table: what is kept, how long, counted from when, and why so long and no longer."""

    what: str
    length: str
    counted_from: str
    reason: str


def periods() -> Iterator[Period]:
    """All of them, in the active language, as the settings make them."""
    yield from _of_business()
    yield from _of_requests()
    yield from _of_the_site()


def message_periods() -> dict[str, int]:
    """Days by the state that a message is in; a state that is not named is kept. Suspects always have a period."""
    return {"suspect": SUSPECT_DAYS} | settings.CONTACT_RETENTION_DAYS


def of_messages() -> str:
    """How long messages are kept, in a few sentences for the form and the notice, in the active language.

    That "we look" is so because `contact.health.to_look_through` asks the operator; that advertising stays until we
    are told, because its period begins with the mail that names it.
    """
    suspects = _(
        "What looks like advertising is named to us by e-mail and deleted {period} after that, unless we have found "
        "it to be none."
    ).format(period=days(message_periods()["suspect"]))
    return f"{_of_other_messages()} {suspects}"


def _of_other_messages() -> str:
    periods = _periods_of_others()
    kept = _(
        "Messages are kept until your matter is settled and no question about it is to be expected any more; once a "
        "year we look which of them can go. If you ask us to delete yours, we do so without delay."
    )
    if not periods:
        return kept
    if _is_one_for_all(periods):
        return _("Messages are deleted after {period} by themselves.").format(period=days(periods["open"]))
    said = _("By themselves messages are deleted after these periods ({periods}).").format(periods=_by_state(periods))
    return said if len(periods) == len(OTHER_STATES) else f"{kept} {said}"


def of_billing() -> str:
    """How long billing documents are kept and on what ground, for the notice and the record, in the active language."""
    by_law = _(
        "Invoices, credit notes and statements are kept for {law} calendar years after the year of their date, because "
        "the law wants it (Art. 6(1)(c) GDPR with § 147 AO, § 14b UStG)."
    ).format(law=STATUTORY_BILLING_YEARS)
    if billing_years() == STATUTORY_BILLING_YEARS:
        return by_law
    beyond = _(
        "After that they stay until the end of the {n}th year, so that we can answer claims and questions about them "
        "(Art. 6(1)(f) GDPR); if you object, they go at once when the time of the law is over."
    ).format(n=billing_years())
    return f"{by_law} {beyond}"


def of_customers() -> str:
    """What becomes of customers who are not heard of any more, for the notice and the record, in the active language.

    That "we look" is so because `customers.health.inactive` asks the operator.
    """
    n = settings.CUSTOMER_INACTIVE_YEARS
    return ngettext(
        "If nothing is heard of a customer for {n} year (no message, no document, no confirmed data), we look whether "
        "the master data are still needed: we delete them, or record why not, and look again after a year.",
        "If nothing is heard of a customer for {n} years (no message, no document, no confirmed data), we look whether "
        "the master data are still needed: we delete them, or record why not, and look again after a year.",
        n,
    ).format(n=n)


def of_requests() -> str:
    """How long a request about data is kept, for its form and the notice, in the active language."""
    return _(
        "What you write lies here encrypted and is deleted {period} after our answer. Then only the kind, the dates "
        "and the reference of the request stay, as proof, for {years} calendar years (Art. 6(1)(f) GDPR)."
    ).format(period=days(REQUEST_TEXT_DAYS), years=PROOF_YEARS)


def billing_years() -> int:
    """Whole calendar years that billing documents are kept: never fewer than the law wants."""
    return max(STATUTORY_BILLING_YEARS, settings.BILLING_RETENTION_YEARS)


def days(number: int) -> str:
    """`30 days`, in the active language."""
    return ngettext("{n} day", "{n} days", number).format(n=number)


def goes_on(caused_on: date, days: int) -> date:
    """The first day on which it is gone, after this many whole days (§§ 187(1), 188(1) BGB)."""
    return caused_on + timedelta(days=days + 1)


def end_of_calendar_years(caused_on: date, years: int) -> date:
    """The last day of a period of whole calendar years."""
    return date(caused_on.year + years, 12, 31)


def first_kept_day(today: date, years: int) -> date:
    """What happened before this day has had its calendar years."""
    return date(today.year - years, 1, 1)


def years_before(today: date, years: int) -> date:
    """The first day since which `years` whole years are not over today (§ 188(2) and (3) BGB).

    Three years of 10 May 2024 end with 10 May 2027: on 11 May they are over. Those of 29 February end with the 28th.
    """
    try:
        return today.replace(year=today.year - years)
    except ValueError:  # 29 February: what was on the 28th ended yesterday
        return date(today.year - years, 3, 1)


def midnight(day: date) -> datetime:
    """When `day` begins at the operator's (aware)."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _of_business() -> Iterator[Period]:
    yield Period(_("messages and recorded inquiries"), _messages(), _("arrival"), _("as the form names it"))
    yield Period(
        _("suspected spam"),
        days(message_periods()["suspect"]),
        _("the mail that names it to the operator; until the mail server took that, it stays"),
        _("long enough to be found by whoever waits for an answer"),
    )
    yield Period(
        _("words that the spam filter learned from a message which is gone"),
        days(SPAM_MODEL.days),
        _("the deletion; they go with the next opening of messages, if that comes sooner"),
        _("only open messages can be counted anew"),
    )
    yield Period(
        _("the sender's address for an acknowledgement"),
        days(ACKNOWLEDGEMENT_WAITS.days),
        _("arrival; it goes with the mail"),
        _("later it would only puzzle"),
    )
    yield Period(
        _("customers' master data, consents and their evidence"),
        _("as long as a consent or the contract carries them"),
        _("withdrawal, objection or end of the contract"),
        _("Art. 17(1) GDPR; a dispute on record holds them (Art. 17(3)(e))"),
    )
    yield Period(
        _("customers' technical data"),
        _("as long as the written consent is in force"),
        _("withdrawal: they go with it"),
        _("Art. 7(3) GDPR; promised in the privacy notice"),
    )
    yield Period(
        _("invoices, credit notes, statements"),
        _calendar_years(billing_years()),
        _("end of the calendar year of issue"),
        _(
            "§ 147 AO, § 14b UStG: {years} years; beyond that for claims (Art. 6(1)(f) GDPR), unless the person objects"
        ).format(years=STATUTORY_BILLING_YEARS),
    )


def _of_requests() -> Iterator[Period]:
    yield Period(
        _("text of an answered request"),
        days(REQUEST_TEXT_DAYS),
        _("the answer"),
        _("promised in the privacy notice; until then the person can ask back"),
    )
    yield Period(
        _("proof of a request: kind, dates, counts, reference"),
        _calendar_years(PROOF_YEARS),
        _("end of the calendar year of the answer"),
        _("§§ 195, 199 BGB: as long as somebody could claim that it was not answered"),
    )
    yield Period(
        _("a copy that waits to be fetched"),
        days(ANSWER_LIVES.days),
        _("the answer; it goes with the fetching"),
        _("a copy of somebody's data that nobody fetches is only a danger"),
    )


def _of_the_site() -> Iterator[Period]:
    yield Period(
        _("register of breaches"),
        _calendar_years(BREACH_YEARS),
        _("end of the calendar year in which the entry was closed"),
        _("Art. 33(5) GDPR, §§ 195, 199 BGB"),
    )
    yield Period(
        _("audit trail: operators' actions, the vault's log, other events"),
        _calendar_years(TRAIL_YEARS),
        _("end of the calendar year of the event"),
        _("Art. 5(2) GDPR; as § 76(4) BDSG sets it for logs"),
    )
    yield Period(
        _("kind and time of a mail that was sent"),
        days(SENT_MAIL.days),
        _("the delivery; what the mail said goes with it"),
        _("until then the operator sees that it went out"),
    )
    yield Period(
        _("backups"),
        days(settings.BACKUP_MAX_AGE_DAYS),
        _("their making"),
        _("long enough to notice damage, short enough that the erased are gone from them too"),
    )
    yield Period(_("pages in the trash"), days(PAGE_TRASH.days), _("their deletion"), _("until then a slip is mended"))
    yield Period(
        _("dead links that visitors followed"),
        days(DEAD_LINKS.days),
        _("the last time"),
        _("a link that nobody follows any more needs no mending"),
    )
    yield Period(
        _("browsers that operators have logged in from: a random value's digest and two days"),
        days(KNOWN_BROWSERS.days),
        _("the last login from there"),
        _("as long as their cookie: so that a login from an unknown one is noticed"),
    )


def _messages() -> str:
    periods = _periods_of_others()
    if not periods:
        return _("until the matter is settled: the operator is asked once a year which can go")
    return days(periods["open"]) if _is_one_for_all(periods) else _by_state(periods)


def _periods_of_others() -> dict[str, int]:
    """Of messages that nothing speaks against."""
    return {state: period for state, period in message_periods().items() if state in OTHER_STATES}


def _is_one_for_all(periods: dict[str, int]) -> bool:
    return len(periods) == len(OTHER_STATES) and len(set(periods.values())) == 1


def _by_state(periods: dict[str, int]) -> str:
    names = {"done": _("messages seen to"), "open": _("open messages")}
    return ", ".join(
        _("{state}: {period}").format(state=name, period=days(periods[state]))
        for state, name in names.items()
        if state in periods
    )


def _calendar_years(number: int) -> str:
    return ngettext("{n} calendar year", "{n} calendar years", number).format(n=number)
