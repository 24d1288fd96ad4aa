"""What operators are told by mail, for it may have been somebody else: accounts, keys, erasures, settings.

What must never happen: a deed is done and its mail is lost, or the mail holds the deed up. So a row waits in the
transaction of the deed, one for each recipient, and the worker sends it and deletes it. Whose address was changed is
told at the old one too. No mail says more than what was done, when and by which account.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from sitebackend import audit
from sitebackend.cockpit.mail import operator_notice
from sitebackend.crypto import lookup
from sitebackend.mail import AGAIN_AFTER, send, try_to_send
from sitebackend.models import Act, Actor, Operator, OperatorNotice

GIVEN_UP_AFTER = timedelta(days=14)  #: an address that takes no mail for so long; the trail keeps what was done


def tell(act: Act, *, by: Operator | None, account: Operator | None = None, addresses: Iterable[str] = ()) -> None:
    """Have it mailed: to OPERATOR_EMAIL, to whoever did it, to whose account it is, and to further addresses."""
    now = timezone.now()
    known = [settings.OPERATOR_EMAIL, *(one.email for one in (by, account) if one), *addresses]
    recipients = {lookup.email(address): address for address in reversed(known) if address}
    OperatorNotice.objects.bulk_create(
        OperatorNotice(act=act, at=now, by=by, account=account, recipient=recipient, due_at=now)
        for recipient in recipients.values()
    )


@transaction.atomic
def note_and_tell(
    act: Act, *, by: Operator, account: Operator | None = None, addresses: Iterable[str] = (), key: object = ""
) -> None:
    """The same, with its line in the trail; `key` is the account's if there is one."""
    kind = Operator._meta.label_lower if account else ""
    audit.note(act, actor=Actor.OPERATOR, operator=by, kind=kind, key=account.pk if account else key)
    tell(act, by=by, account=account, addresses=addresses)


def mail_due(now: datetime) -> int:
    """Worker job: send what waits; gives how many mails went out. One dead address holds up no other."""
    OperatorNotice.objects.filter(at__lt=now - GIVEN_UP_AFTER).delete()
    return sum(_sent(notice, now) for notice in OperatorNotice.objects.due(now).select_related("by", "account"))


def _sent(notice: OperatorNotice, now: datetime) -> bool:
    row = OperatorNotice.objects.filter(pk=notice.pk)
    if not try_to_send("operator-notice", lambda: send(operator_notice(notice))):
        row.update(due_at=now + AGAIN_AFTER)
        return False
    row.delete()
    return True
