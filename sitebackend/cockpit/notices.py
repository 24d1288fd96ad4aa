"""What operators are told by mail, for it may have been somebody else: accounts, keys, erasures, settings.

What must never happen: a deed is done and its mail is lost, or the mail holds the deed up. So a mail for each
recipient lies in the outbox in the transaction of the deed. Whose address was changed is told at the old one too. No
mail says more than what was done, when and by which account.
"""

from collections.abc import Iterable
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from sitebackend import audit
from sitebackend.cockpit.mail import NOTICE
from sitebackend.crypto import lookup
from sitebackend.mail import services as outbox
from sitebackend.models import Act, Actor, Operator


@transaction.atomic
def tell(act: Act, *, by: Operator | None, account: Operator | None = None, addresses: Iterable[str] = ()) -> None:
    """Have it mailed: to OPERATOR_EMAIL, to whoever did it, to whose account it is, and to further addresses."""
    now = timezone.now()
    known = [settings.OPERATOR_EMAIL, *(one.email for one in (by, account) if one), *addresses]
    recipients = {lookup.email(address): address for address in reversed(known) if address}
    said = {"act": act, "at": now.isoformat(), "by": _name(by), "account": _name(account)}
    for address in recipients.values():
        outbox.queue(NOTICE.name, about=uuid4(), to=address, facts={**said, "recipient": address}, now=now)


@transaction.atomic
def note_and_tell(
    act: Act, *, by: Operator, account: Operator | None = None, addresses: Iterable[str] = (), key: object = ""
) -> None:
    """The same, with its line in the trail; `key` is the account's if there is one."""
    kind = Operator._meta.label_lower if account else ""
    audit.note(act, actor=Actor.OPERATOR, operator=by, kind=kind, key=account.pk if account else key)
    tell(act, by=by, account=account, addresses=addresses)


def _name(operator: Operator | None) -> str:
    return operator.get_username() if operator else ""
