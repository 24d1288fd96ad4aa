"""Texts of others that name the person: searched with a lock open, on the operator's word, and never copied unseen.

What must never happen: an answer says that everything was looked through, and nobody could. So the day of a search
stands on the request, and copy and letter tell whether there was one. What is found is shown to the operator, who
decides: it is somebody else's message or record.
"""

from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from sitebackend.models import Operator
from sitebackend.privacy import deadlines, registry
from sitebackend.privacy.models import DataSubjectRequest
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import Item
from sitebackend.privacy.services import identity
from sitebackend.vault import services as vault_log
from sitebackend.vault.models import Lock
from sitebackend.vault.opened import OpenVault, Unlocked


def search(
    request: DataSubjectRequest, *, words: str, unlocked: Unlocked | None, by: Operator, now: datetime
) -> list[Item]:
    """What names the person and is not found by their statements; the opening is logged. Raises Refused."""
    if request.answered_at:
        raise Refused(_("The request is answered."))
    if not words.strip():
        raise Refused(_("Say what to look for, such as the last name."))
    if unlocked is None:
        raise Refused(_("Open the vault or the messages first: closed texts cannot be searched."))
    theirs = {(item.source, item.identifier) for item in identity.held(request)}
    found = [item for source in registry.sources() for item in source.texts_naming(words, unlocked)]
    lock = Lock.VAULT if isinstance(unlocked, OpenVault) else Lock.MESSAGES
    vault_log.record_opening(operator=by, kind="privacy.texts", key=request.pk, lock=lock)
    request.take(replace(request.statement, searched_on=deadlines.local_date(now).isoformat()))
    request.save()
    return [item for item in found if (item.source, item.identifier) not in theirs]
