"""Sign in, or prove again who is there, in place: what was typed is carried out afterwards, and never lost.

A POST that may not pass, because its session has ended or its proof is too old (`proof`), is answered by a page
that asks for what is missing and carries everything that was posted in hidden fields of its own form. Nothing is
stored anywhere, it works without scripts, and success carries the POST out in the same request. Files cannot ride
along: the page has their inputs again, and the form passes with them only. With scripts the same is asked in a
dialog before the form leaves its page (static/js/sign_in_again.js), and the files stay chosen.

What must never happen:
- another site has somebody sign in and carries out a form of its own making: a POST gets this page only if its
  CSRF token is right, or if the browser says that it comes from this site and the token was made here;
- what one account typed is carried out by another: the form's token says whose it is (`form_owner`);
- it is carried out twice because the page was sent twice: each page counts once;
- guessing is cheaper here than at the login: it is the login's form, with its lockout.
"""

import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import login
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _
from django.views import csrf

from sitebackend import second_factor
from sitebackend.cockpit import form_owner, proof
from sitebackend.cockpit.forms import OperatorLoginForm, ProofForm
from sitebackend.formats.periods import spell_out
from sitebackend.middleware import own_origins
from sitebackend.models import Operator

View = Callable[..., HttpResponseBase]
LetsIn = Callable[[HttpRequest], bool]

PREFIX = "sign-in"  #: of the names of this page's own fields
TOKEN, ONCE, FILE = f"{PREFIX}-token", f"{PREFIX}-once", f"{PREFIX}-file"
ASKS_ONLY = "X-Sign-In"  #: header of a script that wants to know whether a form would pass, before it is sent
COUNTS_ONCE = 24 * 60 * 60  # seconds for which a page that was sent is known

#: not shown, though carried
_SECRET = re.compile("password|passphrase|secret|code|key|pin|plan|^form_(token|version)$", re.IGNORECASE)

_OTHER_ACCOUNT = _(
    "This form was filled in under another account, and only that one may send it. Sign in with it; nothing is lost."
)
_LOCKED_OUT = _(
    "Too many failed logins from here. The next try is possible in {period}. What you typed stays on this page; "
    "leave it open."
)
_SENT_BEFORE = _("This was sent a moment ago. Look first whether it is there; then send it again if it is not.")
_MAY_NOT = _("Your account may not do this. Nothing was changed. What you typed stands below.")
_FACTOR_FIRST = _("Set up your second factor first, in the new window that opens here. Then come back and go on.")
_SIGNED_IN_SINCE = _("You have signed in again since this form was opened. It was not carried out yet.")
_FILES = _("The files have to be chosen again.")


def guard(view: View, guarded: View, *, lets_in: LetsIn) -> View:
    """`guarded`, which is `view` behind its check of rights, for POSTs that may have to be proved first."""

    @wraps(guarded)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return guarded(request, *args, **kwargs)
        asked = SignInAgain(request, lets_in=lets_in, needs_proof=proof.is_needed(view, request, kwargs))
        answer = asked.answer()
        if answer:
            return answer
        try:
            return guarded(request, *args, **kwargs)
        except PermissionDenied:
            if not asked.is_carried:
                raise
            return asked.page(_MAY_NOT)

    return door


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Django's refusal; but a form of this very site that is only too old, for its cookie is gone, loses nothing.

    Sending it again from the page, under the token of today, is the sender's own decision.
    """
    if request.method != "POST" or not request.path_info.startswith("/admin/") or not _is_from_here(request):
        return csrf.csrf_failure(request, reason=reason)
    if request.path_info in (reverse("admin:login"), reverse("admin:logout")):
        return redirect(reverse("admin:login"))
    asked = SignInAgain(request, lets_in=admin.site.has_permission, needs_proof=False, is_old=True)
    return asked.page(_SIGNED_IN_SINCE if asked.is_open else None if asked.is_theirs else _OTHER_ACCOUNT)


def _is_from_here(request: HttpRequest) -> bool:
    fetched_from = request.headers.get("Sec-Fetch-Site", "same-origin")
    return fetched_from == "same-origin" and request.headers.get("Origin") in own_origins(request)


class SignInAgain:
    """One POST, and what stands between it and being carried out."""

    def __init__(self, request: HttpRequest, *, lets_in: LetsIn, needs_proof: bool, is_old: bool = False) -> None:
        self.request = request
        self.lets_in = lets_in
        self.needs_proof = needs_proof
        self.is_carried = TOKEN in request.POST  #: it comes from this page
        self.is_old = is_old or self.is_carried  #: its form may be from before the present login
        self.asks_only = ASKS_ONLY in request.headers
        self.sent = request.POST

    @property
    def is_open(self) -> bool:
        is_in = self.lets_in(self.request) and (self.is_theirs or not self.is_old)
        return is_in and (not self.needs_proof or proof.is_fresh(self.request))

    @property
    def is_theirs(self) -> bool:
        """Whether the form was made for whoever is logged in, or for nobody in particular."""
        return self.request.user.is_anonymous or self.owner in (None, self.request.user)

    @cached_property
    def token(self) -> str:
        """The one that the form was made with."""
        return self.sent.get(TOKEN) or self.sent.get("csrfmiddlewaretoken") or ""

    @cached_property
    def owner(self) -> Operator | None:
        return form_owner.owner_of(self.token)

    def answer(self) -> HttpResponseBase | None:
        """The page that asks for what is missing; None: it may pass, with nothing but its own fields."""
        if self.is_carried and not self.is_open:
            refusal = self._come_in()
            if refusal:
                return refusal
        elif not self.is_open:
            return self.page()
        if self.asks_only:
            return JsonResponse({"token": get_token(self.request)})
        return self._hand_over() if self.is_carried else None

    def page(self, words: str | Promise | None = None, *, form: Any = None) -> HttpResponse:
        """What is asked for, around what was sent; only whether to send it, if nothing is missing."""
        if form is None and not self.is_open and not self._lacks_factor:
            form = self._form()
        is_locked_out = getattr(self.request, "axes_locked_out", False)
        self.request.axes_locked_out = False  # type: ignore[attr-defined] # else its middleware replaces this page
        carried = [(name, value) for name, values in self._own_fields().lists() for value in values]
        context = {
            **admin.site.each_context(self.request),
            "title": self._title(form),
            "words": _locked_out() if is_locked_out else _FACTOR_FIRST if self._lacks_factor else words,
            "form": form,
            "proof_lasts": spell_out(proof.LASTS),
            "asks_only": self.asks_only,
            "lacks_factor": self._lacks_factor,
            "carried": carried,
            "readable": [(name, value) for name, value in carried if value.strip() and not _SECRET.search(name)],
            "files": self._files(),
            "files_words": _FILES,
            "page": {"token": self.token, "once": secrets.token_urlsafe(16)},
        }
        template = "cockpit/_sign_in_again.html" if self.asks_only else "cockpit/sign_in_again.html"
        status = 429 if is_locked_out else 422 if form and form.errors else 403
        return TemplateResponse(self.request, template, context, status=status)

    def _come_in(self) -> HttpResponse | None:
        form = self._form(self.sent)
        if not form.is_valid():
            return self.page(form=form)
        if isinstance(form, ProofForm):
            proof.note(self.request)
            return None
        operator = form.get_user()
        if self.owner not in (None, operator):
            form.add_error(None, str(_OTHER_ACCOUNT))
            return self.page(form=form)
        login(self.request, operator)
        if not self.is_open or self.owner is None:
            return self.page(_SIGNED_IN_SINCE)
        return None

    def _form(self, data: QueryDict | None = None) -> OperatorLoginForm:
        """The proof for whoever is let in, the login for everybody else."""
        is_known = self.lets_in(self.request) and self.is_theirs
        return (ProofForm if is_known else OperatorLoginForm)(self.request, data, prefix=PREFIX)

    def _hand_over(self) -> HttpResponse | None:
        """Let the original POST through, once, complete with its files."""
        if set(self._files()) - self.request.FILES.keys():
            return self.page()
        digest = sha256(self.sent.get(ONCE, "").encode()).hexdigest()
        if not cache.add(f"cockpit.sign_in_again.{digest}", True, COUNTS_ONCE):
            return self.page(_SENT_BEFORE)
        self.request.POST = self._own_fields()  # type: ignore[assignment]
        return None

    def _own_fields(self) -> QueryDict:
        fields = self.sent.copy()
        for name in [name for name in fields if name.startswith(f"{PREFIX}-") or name == "csrfmiddlewaretoken"]:
            del fields[name]
        return fields

    def _files(self) -> dict[str, bool]:
        """Names of the inputs whose files do not ride along → whether they take several."""
        named = dict.fromkeys(self.sent.getlist(FILE), False)
        return named | {name: len(self.request.FILES.getlist(name)) > 1 for name in self.request.FILES}

    @property
    def _lacks_factor(self) -> bool:
        user = self.request.user
        return isinstance(user, Operator) and user.is_staff and second_factor.is_missing(user)

    def _title(self, form: Any) -> str | Promise:
        if form is None:
            return _("Send it now?")
        return _("Once more: is it you?") if isinstance(form, ProofForm) else _("Please sign in again")


def _locked_out() -> str:
    return str(_LOCKED_OUT).format(period=spell_out(timedelta(hours=settings.AXES_COOLOFF_TIME)))
