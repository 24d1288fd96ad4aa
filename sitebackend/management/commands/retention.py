"""`manage.py retention`: what has had its time, and its erasure."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sitebackend.privacy import deadlines, erasure
from sitebackend.privacy.services import execution


class Command(BaseCommand):
    help = "Show what retention says must go today (plan), or let it go (run --yes)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["plan", "run"])
        parser.add_argument("--yes", action="store_true", help="with run: act; without it, the plan is shown")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "plan" or not options["yes"]:
            self._show(erasure.due(deadlines.local_date(timezone.now())))
            return
        try:
            count = execution.erase_due(timezone.now())
        except (erasure.PlanOutdated, erasure.ErasureIncomplete) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(ngettext("{n} row went.", "{n} rows went.", count).format(n=count))

    def _show(self, plan: erasure.Plan) -> None:
        for step in plan.destructive:
            self.stdout.write(f"{step.source}  {step.action.label}  {len(step.rows)}  {step.reason} ({step.law})")
        if not plan.destructive:
            self.stdout.write(_("Nothing is due."))
