"""A second way to the operator: if mail itself is dead, a mail about it helps nobody.

ALARM_COMMAND names a program of the operator's own (a text message, a push message, another mail account). It is
given every alarm of the cockpit when it begins, and once a day while it lasts. Alarms name nobody, so nothing
personal goes this way. A program that fails is itself a failing job in the cockpit.
"""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.utils import translation
from django.utils.translation import gettext as _

from sitebackend import findings, own_command
from sitebackend.models import SoundedAlarm
from sitebackend.monitoring import clock

LOOK_EVERY = 5 * 60  # seconds
AGAIN_AFTER = timedelta(days=1)
SECONDS = 60  # that the program may take
_LOOKED, _FAILURE = "alarm.looked", "alarm.failure"


def sound(now: datetime) -> int:
    """Worker's job: hand over what the operator was not told yet; gives 1 if there was something.

    Raises own_command.CommandFailed, also in the rounds until the next try, so that it shows.
    """
    if not settings.ALARM_COMMAND:
        return 0
    if not cache.add(_LOOKED, True, timeout=LOOK_EVERY):
        if failure := cache.get(_FAILURE):
            raise own_command.CommandFailed(failure)
        return 0
    with translation.override(settings.LANGUAGE_CODE):
        return _hand_over(now)


def _hand_over(now: datetime) -> int:
    alarms = [finding for finding in findings.collect(now) if finding.level is findings.Level.ALARM]
    SoundedAlarm.objects.exclude(code__in=[alarm.code for alarm in alarms]).delete()
    told = set(
        SoundedAlarm.objects.filter(at__gt=now - AGAIN_AFTER, at__lte=now + clock.BEHIND).values_list("code", flat=True)
    )
    untold = [alarm for alarm in alarms if alarm.code not in told]
    if not untold:
        return 0
    try:
        own_command.run(settings.ALARM_COMMAND, seconds=SECONDS, given=_words(untold).encode())
    except own_command.CommandFailed as error:
        cache.set(_FAILURE, str(error), timeout=2 * LOOK_EVERY)
        raise
    cache.delete(_FAILURE)
    for alarm in untold:
        SoundedAlarm.objects.update_or_create(code=alarm.code, defaults={"at": now})
    return 1


def _words(alarms: list[findings.Finding]) -> str:
    head = _("Alarm from {host}").format(host=urlsplit(settings.SITE_URL).hostname)
    return "\n".join([head, *(f"{alarm.area}: {alarm.text} {alarm.next_step}".strip() for alarm in alarms), ""])
