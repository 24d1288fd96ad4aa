"""What operators are told by mail, for it may have been somebody else: accounts, keys, erasures, settings.

What must never happen: a deed is done and its mail is lost, or the mail holds the deed up. So a row waits in the
transaction of the deed, one for each recipient, and the worker sends it and deletes it. Whose address was changed is
told at the old one too. No mail says more than what was done, when and by which account.
"""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from sitebackend import audit
from sitebackend.cockpit.mail import GIVEN_UP_AFTER, NOTICE
from sitebackend.crypto import lookup
from sitebackend.mail import services as outbox
from sitebackend.models import Act, Actor, Operator, OperatorNotice


@transaction.atomic
def tell(act: Act, *, by: Operator | None, account: Operator | None = None, addresses: Iterable[str] = ()) -> None:
    """Have it mailed: to OPERATOR_EMAIL, to whoever did it, to whose account it is, and to further addresses."""
    now = timezone.now()
    known = [settings.OPERATOR_EMAIL, *(one.email for one in (by, account) if one), *addresses]
    recipients = {lookup.email(address): address for address in reversed(known) if address}
    made = [
        OperatorNotice(act=act, at=now, by=by, account=account, recipient=recipient)
        for recipient in recipients.values()
    ]
    OperatorNotice.objects.bulk_create(made)
    for notice in made:
        outbox.queue(NOTICE.name, about=notice.pk, now=now)


@transaction.atomic
def note_and_tell(
    act: Act, *, by: Operator, account: Operator | None = None, addresses: Iterable[str] = (), key: object = ""
) -> None:
    """The same, with its line in the trail; `key` is the account's if there is one."""
    kind = Operator._meta.label_lower if account else ""
    audit.note(act, actor=Actor.OPERATOR, operator=by, kind=kind, key=account.pk if account else key)
    tell(act, by=by, account=account, addresses=addresses)


def sweep(now: datetime) -> int:
    """Worker job: what no address took goes; gives how many."""
    return OperatorNotice.objects.filter(at__lt=now - GIVEN_UP_AFTER).delete()[0]
