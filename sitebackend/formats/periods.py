"""Periods as people say them, so that a sentence takes its period from the constant or setting that keeps it."""

from datetime import timedelta

from django.utils.translation import ngettext


def spell_out(period: timedelta) -> str:
    """`10 minutes`, `1 hour`, `14 days`, in the active language; what is no whole minute is rounded up to one."""
    minutes = -(-period // timedelta(minutes=1))
    if minutes % (24 * 60) == 0:
        days = minutes // (24 * 60)
        return ngettext("{n} day", "{n} days", days).format(n=days)
    if minutes % 60 == 0:
        hours = minutes // 60
        return ngettext("{n} hour", "{n} hours", hours).format(n=hours)
    return ngettext("{n} minute", "{n} minutes", minutes).format(n=minutes)
