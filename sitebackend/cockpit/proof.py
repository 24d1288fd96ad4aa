"""The proof of who is there: password, and code if the account has a second factor, not longer than ten minutes ago.

What must never happen: an open session alone, at a desk that was left for a moment or with a stolen cookie, erases,
replaces a key or changes an account. So a view says `needs_proof`, and the one door of the admin
(`sign_in_again`) asks before it lets a POST through. A login counts as a proof; opening the vault does not.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.contrib.auth import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

LASTS = timedelta(minutes=10)
_AT = "proved_at"

When = Callable[..., bool]
View = TypeVar("View", bound=Callable[..., Any])


def needs_proof(*, when: bool | When = True) -> Callable[[View], View]:
    """Decorator for a view function or method; `when` is asked with the request and the parts of its address.

    View classes and admins say `needs_proof = True`, for all of their POSTs.
    """

    def declare(view: View) -> View:
        view.needs_proof = when  # type: ignore[attr-defined]
        return view

    return declare


def is_needed(view: Any, request: HttpRequest, kwargs: dict[str, Any]) -> bool:
    """Whether the view, its class or the admin that it belongs to asks for a fresh proof of this POST."""
    owners: tuple[Any, ...] = (view, getattr(view, "view_class", None), getattr(view, "__self__", None))
    said = next((owner.needs_proof for owner in owners if hasattr(owner, "needs_proof")), False)
    return said(request, **kwargs) if callable(said) else bool(said)


def is_fresh(request: HttpRequest) -> bool:
    """Whether the session's last proof still counts. A clock that went back ends it."""
    try:
        age = datetime.now(UTC) - datetime.fromtimestamp(request.session[_AT], UTC)
    except (KeyError, TypeError, ValueError, OverflowError):
        return False
    return timedelta(0) <= age < LASTS


def note(request: HttpRequest) -> None:
    """The session's account has just shown its password, and its code if it has one."""
    request.session[_AT] = datetime.now(UTC).timestamp()


@receiver(user_logged_in)
def logged_in(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    note(request)
