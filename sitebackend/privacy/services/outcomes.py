"""Which ends of a request are true now, by what was really done: the letter may say no other.

What must never happen: a person reads that a right was granted and nothing was done, that nothing was held and
something is, or that it was refused without a reason. So the words are compared with the facts when they are
said, here and not on the page: the copy that left, the proved erasure, the lines of what was carried out, what
is held at this moment. A refusal, full or partial, gives its reasons (Art. 12(4) GDPR).
"""

from collections.abc import Callable
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from sitebackend.privacy import registry
from sitebackend.privacy.models import DataSubjectRequest, Kind, Outcome
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import Measure, Step
from sitebackend.privacy.restriction.models import Restriction
from sitebackend.privacy.services import execution, identity

COPIES = (Kind.ACCESS, Kind.PORTABILITY)
#: what the lines of `carried_out` begin with, for the rights that have some
_MEASURES = {Kind.RECTIFICATION: Measure.CORRECT, Kind.RESTRICTION: Measure.RESTRICT, Kind.OBJECTION: "art-21-"}


def possible(request: DataSubjectRequest) -> list[Outcome]:
    """The ends that are true now."""
    return [outcome for outcome in Outcome if not hindrance(request, outcome)]


def hindrance(request: DataSubjectRequest, outcome: Outcome) -> str:
    """Why this end would not be true, and what to do; empty if it is."""
    return _HINDRANCES[outcome](request)


def needs_ground(request: DataSubjectRequest, outcome: Outcome) -> bool:
    """Whether the operator must say why; what an erasure leaves has its reasons from the plan."""
    return outcome in (Outcome.REFUSED, Outcome.PARTLY) and not kept(request)


def require_true(request: DataSubjectRequest, outcome: Outcome) -> None:
    """Raises Refused, with what is missing."""
    if why := hindrance(request, outcome):
        raise Refused(why)
    if needs_ground(request, outcome) and not request.statement.ground:
        raise Refused(_("Say why: whoever is refused, in whole or in part, is told the reasons (Art. 12(4) GDPR)."))


def kept(request: DataSubjectRequest) -> list[Step]:
    """What an erasure left, or must leave whole, and why; the request itself, of which every letter speaks, aside."""
    if not request.erased_at and request.kind != Kind.ERASURE:
        return []
    with translation.override(request.statement.language):
        plan = execution.preview(request)
    if plan.destructive and not request.erased_at:
        return []
    return [step for step in plan.retained if step.source != "privacy.requests"]


def _granted(request: DataSubjectRequest) -> str:
    if why := _not_done(request):
        return why
    if request.erased_at and kept(request):
        return _("Something stays. Choose “carried out in part”; the letter names what stays, and why.")
    if request.kind == Kind.RESTRICTION and _unrestricted(request):
        return _("Not everything is restricted now. Restrict it above, or choose “carried out in part”.")
    return ""


def _partly(request: DataSubjectRequest) -> str:
    if why := _not_done(request):
        return why
    return _("Nothing stays: all of it was erased.") if request.erased_at and not kept(request) else ""


def _nothing_held(request: DataSubjectRequest) -> str:
    if request.erased_at or request.carried_out_at:
        return _("Something was held: it was changed or erased.")
    return _("Something is held, as shown above.") if identity.held(request) else ""


def _not_carried_out(request: DataSubjectRequest) -> str:
    """For a refusal, and for a request that was taken back."""
    is_done = request.erased_holdings or _did(request)
    return _("It was carried out already; the answer must say so.") if is_done else ""


def _not_done(request: DataSubjectRequest) -> str:
    if request.kind in COPIES:
        if request.copied_at:
            return ""
        return _("No copy was handed over. Send the link above, or save the copy as a file and hand that over.")
    if request.kind == Kind.ERASURE or request.erased_at:
        return _not_erased(request)
    return "" if _did(request) else _("It is not carried out yet. Do it above, or choose another outcome.")


def _not_erased(request: DataSubjectRequest) -> str:
    if request.erased_at and not request.erased_holdings:
        return _("Nothing was erased.")
    if not request.erased_at:
        return _("Erase first, then answer.") if execution.preview(request).destructive else _("Nothing was erased.")
    if not execution.is_told(request):
        return _("The erasure is not proved yet. The background service is at it; try again in a minute.")
    if execution.left_over(request):
        return _("Something came in since, or was left. Erase it above.")
    return ""


def _did(request: DataSubjectRequest) -> bool:
    """Whether what the person asked for stands among what was carried out."""
    measure = _MEASURES.get(Kind(request.kind))
    return measure is not None and any(
        done.startswith(measure) and count for _holding, done, count in request.carried_out or ()
    )


def _unrestricted(request: DataSubjectRequest) -> bool:
    rows = {UUID(item.identifier) for item in registry.restrictable(request.subject())}
    return bool(rows - set(Restriction.objects.on(rows).values_list("row", flat=True)))


_HINDRANCES: dict[Outcome, Callable[[DataSubjectRequest], str]] = {
    Outcome.GRANTED: _granted,
    Outcome.PARTLY: _partly,
    Outcome.NOTHING_HELD: _nothing_held,
    Outcome.REFUSED: _not_carried_out,
    Outcome.WITHDRAWN: _not_carried_out,
}
