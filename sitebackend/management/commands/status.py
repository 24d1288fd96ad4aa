"""`status`: one page about everything the operator must know; exit code 1 if anything wants attention."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sitebackend import findings
from sitebackend.findings import Finding, Level

MARKS = {Level.FINE: "✓", Level.WARNING: "!", Level.ALARM: "✗"}


class Command(BaseCommand):
    help = "Show what is well and what is not; exit code 1 if anything needs the operator."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        found = findings.collect(timezone.now())
        self.stdout.write(as_json(found) if options["json"] else as_page(found))
        if not is_well(found):
            sys.exit(1)


def is_well(found: Sequence[Finding]) -> bool:
    return all(finding.level == Level.FINE for finding in found)


def as_page(found: Sequence[Finding]) -> str:
    width = max((len(str(finding.area)) for finding in found), default=0)
    now = date_format(timezone.localtime(), "DATETIME_FORMAT")
    lines = [line for finding in found for line in _lines(finding, width)]
    return "\n".join([_("As of {time}").format(time=now), "", *lines, "", _summary(found)])


def as_json(found: Sequence[Finding]) -> str:
    return json.dumps({"ok": is_well(found), "findings": [_fields(finding) for finding in found]}, ensure_ascii=False)


def _lines(finding: Finding, width: int) -> list[str]:
    lines = [f"  {MARKS[finding.level]} {finding.area!s:{width}}  {finding.text}"]
    if finding.next_step and finding.level > Level.FINE:
        lines.append(f"    {'':{width}}  → {finding.next_step}")
    return lines


def _summary(found: Sequence[Finding]) -> str:
    open_points = sum(finding.level > Level.FINE for finding in found)
    if not open_points:
        return _("All is well.")
    return ngettext("{n} point needs you.", "{n} points need you.", open_points).format(n=open_points)


def _fields(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "area": str(finding.area),
        "level": finding.level.name.lower(),
        "text": str(finding.text),
        "next_step": str(finding.next_step),
        "url": finding.url,
        "figure": finding.figure,
        "stops_intake": finding.stops_intake,
    }
