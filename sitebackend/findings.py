"""What the operator must know: every app reports, `status`, the cockpit and `/readyz` read.

An app puts its reports into a `health.py`, found the way `admin.py` is found:

    @findings.report
    def queue(now: datetime) -> Iterator[Finding]: ...

A report that fails becomes an alarm itself; it never hides the others.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger(__name__)


class Level(IntEnum):
    """How much a finding wants from the operator."""

    FINE = 0
    WARNING = 1
    ALARM = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `status` and of the cockpit. `text` and `next_step` never name a person."""

    area: str | Promise
    level: Level
    text: str | Promise
    next_step: str | Promise = ""
    url: str = ""
    stops_intake: bool = False  #: True turns `/readyz` red: no submission can be taken
    holds_up_mail: bool = False  #: True names it in `/readyz`: mails to the operator do not go out
    degrades_intake: bool = False  #: True names it in `/readyz`: submissions are taken, with something missing
    code: str = ""  #: stable name for machines, as in `contact.queue`
    figure: float | None = None  #: the number behind the text, if there is one


Report = Callable[[datetime], Iterable[Finding]]
_reports: list[Report] = []


def report(function: Report) -> Report:
    """Register `function`; it is given the present time (aware, UTC) and yields findings."""
    _reports.append(function)
    return function


def collect(now: datetime) -> list[Finding]:
    """All findings of all apps, the worst first."""
    found: list[Finding] = []
    for function in _reports:
        try:
            found.extend(function(now))
        except Exception:
            logger.exception("report failed: %s", function.__qualname__)
            found.append(_failed(function))
    return sorted(found, key=lambda finding: -finding.level)


def _failed(function: Report) -> Finding:
    return Finding(
        area=function.__module__.removesuffix(".health"),
        level=Level.ALARM,
        text=_("This check itself failed."),
        next_step=_("Read the log; the lines around “report failed” name the cause."),
        stops_intake=function.__module__ in ("contact.health", "sitebackend.health"),
        code="report.failed",
    )
