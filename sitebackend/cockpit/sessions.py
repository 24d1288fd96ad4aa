"""An account that is switched off, or may do less or other than before, is out at once: in every browser.

What must never happen: somebody whose account was closed goes on in an open browser, or comes back into the old
session when it is opened again. So the sessions are deleted, not only refused: with every save that changes the
password or what the account may do, with the account itself, and with its roles, wherever they are written. What
passes by the models (`QuerySet.update`, SQL, a role that is deleted) is found at the next use: each session is
bound to the account's password and standing (`Operator.get_session_auth_hash`), and `OperatorBackend` ends those
of an account that it refuses. Whoever keeps something open beside the session listens to `sessions_ended`.
"""

from typing import Any
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.dispatch import Signal

from sitebackend.models import Operator

BOUND = frozenset(["password", "is_active", "is_staff", "is_superuser"])  #: fields that a session stands on
sessions_ended = Signal()  #: with `operator`: the key of the account


class OperatorBackend(ModelBackend):
    """Django's, which ends the sessions of an account that it does not let in."""

    def get_user(self, user_id: Any) -> Any:
        operator = super().get_user(user_id)
        if operator is None:
            end_sessions(user_id)
        return operator


@transaction.atomic
def end_sessions(operator: UUID) -> int:
    """End all that this account has open, in every browser; gives how many sessions there were.

    Every session is looked into: only operators have any, so they are few.
    """
    own = [row.pk for row in Session.objects.all() if row.get_decoded().get(SESSION_KEY) == str(operator)]
    Session.objects.filter(pk__in=own).delete()
    sessions_ended.send(sender=Operator, operator=operator)
    return len(own)


def connect() -> None:
    """Watch every way in which an account's standing is saved."""
    pre_save.connect(_remember, sender=Operator)
    post_save.connect(_compare, sender=Operator)
    post_delete.connect(_deleted, sender=Operator)
    m2m_changed.connect(_roles_changed, sender=Operator.groups.through)


def _remember(sender: Any, instance: Operator, update_fields: frozenset[str] | None = None, **kwargs: Any) -> None:
    touches = update_fields is None or not BOUND.isdisjoint(update_fields)  # a login only writes its time
    instance.standing_before = _stored(instance.pk) if touches else None


def _compare(sender: Any, instance: Operator, **kwargs: Any) -> None:
    if instance.standing_before and instance.standing_before != _stored(instance.pk):
        end_sessions(instance.pk)


def _stored(operator: UUID) -> list[Any] | None:
    """Return password and standing as the database has them; None for an account that is being made."""
    account = Operator.objects.filter(pk=operator).first()
    return [account.password, *account.standing()] if account else None


def _deleted(sender: Any, instance: Operator, **kwargs: Any) -> None:
    end_sessions(instance.pk)


def _roles_changed(sender: Any, instance: Any, action: str, reverse: bool, pk_set: Any, **kwargs: Any) -> None:
    """Of one account, or of everybody in a group. A superuser's role is no matter of groups."""
    if action == "pre_clear":
        rows = sender.objects.filter(**{"group" if reverse else "operator": instance})
        accounts = set(rows.values_list("operator", flat=True))
    elif action in ("post_add", "post_remove") and pk_set:
        accounts = pk_set if reverse else {instance.pk}
    else:
        return
    for operator in Operator.objects.filter(pk__in=accounts, is_superuser=False):
        end_sessions(operator.pk)
