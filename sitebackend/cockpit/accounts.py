"""Changes of operators' accounts, told to whom they concern: before and after are compared, whatever form it was.

What must never happen: an account is taken over in silence. A new password, address or right, and an account that
is made, switched on or off, stand in the trail and are mailed; the owner is told at the address before as well. A
new password forgets the browsers that the account was known from, but the one at which its owner changed it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from sitebackend.cockpit import browsers, notices
from sitebackend.cockpit.pages import operator_of
from sitebackend.cockpit.roles import Role, roles_of
from sitebackend.models import Act, Operator


@contextmanager
def watched(key: Any, request: HttpRequest) -> Iterator[None]:
    """The account with this key, while a form may change it: all in one transaction."""
    with transaction.atomic():
        before = Operator.objects.filter(pk=key).first()
        rights = _rights(before) if before else None
        yield
        after = Operator.objects.filter(pk=key).first()
        if before and after:
            _tell(before, after, is_other_right=_rights(after) != rights, request=request)


def _tell(before: Operator, after: Operator, *, is_other_right: bool, request: HttpRequest) -> None:
    by = operator_of(request)
    if after.password != before.password:
        browsers.forget(after, but=request if after == by else None)
    done = {
        Act.PASSWORD_SET: after.password != before.password,
        Act.ADDRESS_SET: after.email != before.email,
        Act.SWITCHED_ON: after.is_active and not before.is_active,
        Act.SWITCHED_OFF: before.is_active and not after.is_active,
        Act.RIGHTS_SET: is_other_right,
    }
    for act in (act for act, is_done in done.items() if is_done):
        notices.note_and_tell(act, by=by, account=after, addresses=[before.email])


def _rights(account: Operator) -> list[Role]:
    return roles_of(account) if account.is_staff else []
