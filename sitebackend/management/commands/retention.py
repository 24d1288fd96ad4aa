"""`manage.py retention`: every period, what has had its time, what a hold keeps, and the erasure of what is due."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sitebackend.models import Actor
from sitebackend.monitoring import clock
from sitebackend.privacy import deadlines, erasure
from sitebackend.privacy.services import execution
from sitebackend.retention import periods


class Command(BaseCommand):
    help = "Show all periods and what must go today (plan), or let it go (run --yes)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["plan", "run"])
        parser.add_argument("--yes", action="store_true", help="with run: act; without it, the plan is shown")
        parser.add_argument(
            "--overdue", metavar="HASH", default="", help="let what was due before the last run go, as it was shown"
        )
        parser.add_argument(
            "--clock-is-right", action="store_true", help="after a long time off: the clock of this machine is right"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["verb"] == "run" and options["yes"]:
            return self._run(now, clock_is_right=options["clock_is_right"], overdue=options["overdue"])
        if options["verb"] == "plan":
            self._show_periods()
        self._show(erasure.due(deadlines.local_date(now)))
        self._tell_overdue(now)
        return None

    def _run(self, now: datetime, *, clock_is_right: bool, overdue: str) -> None:
        if clock_is_right and clock.doubt(now):
            clock.confirm(now, actor=Actor.SHELL)
        clock.is_trusted(now)  # what is believed becomes the newest known time
        try:
            count = execution.erase_overdue(now, plan_hash=overdue) if overdue else execution.erase_due(now)
        except (erasure.PlanOutdated, erasure.ErasureIncomplete, clock.ClockInDoubt) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(ngettext("{n} row went.", "{n} rows went.", count).format(n=count))
        self._tell_overdue(now)

    def _tell_overdue(self, now: datetime) -> None:
        if plan := execution.overdue(now):
            self.stdout.write(_("Due before the last run, and here nevertheless:"))
            self._show(plan)
            self.stdout.write(_("If they may go: retention run --yes --overdue {hash}").format(hash=plan.hash))

    def _show(self, plan: erasure.Plan) -> None:
        for step in (*plan.destructive, *plan.retained):
            self.stdout.write(f"{step.source}  {step.action.label}  {len(step.rows)}  {step.reason} ({step.law})")
        if not plan.destructive:
            self.stdout.write(_("Nothing is due."))

    def _show_periods(self) -> None:
        for period in periods():
            self.stdout.write(f"{period.what}: {period.length}. {period.counted_from}. {period.reason}.")
        self.stdout.write("")
