"""What is done when an operator opens messages: work that waits for them to be open.

    at_unlock.register(learning.catch_up)

What must never happen: such work keeps somebody from opening what is theirs. So it comes after the opening, and one
that fails is written to the log by its class alone.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from sitebackend.vault.opened import OpenMessages

Work = Callable[[OpenMessages, datetime], None]
_works: list[Work] = []

logger = logging.getLogger(__name__)


def register(work: Work) -> Work:
    _works.append(work)
    return work


def do_all(open_messages: Callable[[], OpenMessages], now: datetime) -> None:
    """`open_messages` is asked once for each work, and may fail as that may."""
    for work in _works:
        try:
            work(open_messages(), now)
        except Exception as error:
            logger.warning("work at unlocking failed (%s): %s", work.__qualname__, type(error).__name__)
