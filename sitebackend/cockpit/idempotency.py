"""A form sent twice is carried out once, and the second answer leads where the first one led.

What must never happen: a double click, a reload, or “back” and “send” makes a second customer, page or document,
or tells of an error although all went well. So each form that adds something carries a random token. The first
request to come with it writes a row with a unique key in the same transaction as what it saves: both are there or
neither. Whoever comes with the same token waits for that transaction, finds the row, and is led to the same place.

The row tells nothing of what was typed: it keeps digests under the token, which is kept nowhere. Another content
under the same token is something else that was meant, and the operator is asked.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from sitebackend.models import AnsweredForm
from sitebackend.monitoring import clock

FIELD = "form_token"
KEPT = timedelta(days=7)

LeadsTo = Callable[[HttpResponse], str]


class FormSentBefore(Exception):
    """This form was carried out already: `answer` is where that led, "" while it is not known yet."""

    def __init__(self, row: AnsweredForm, content: str) -> None:
        super().__init__("sent before")
        self.answer, self.is_same = row.answer, row.content_digest == content


def saved_once(before: FormSentBefore) -> str:
    """What the second answer says."""
    if before.answer:
        return _("The form arrived twice; it was carried out once.")
    return _("The form arrived twice. The first one still runs, or was broken off: look whether it is here.")


def asks_again(answer: str) -> SafeString:
    """What to say to a form that was sent before, with another content."""
    before = _("This form was carried out already. What it holds now is something else: send it once more to add that.")
    if not answer.startswith("/"):
        return format_html("{}", before)
    return format_html('{} <a href="{}" target="_blank" rel="noopener">{}</a>', before, answer, _("What was saved"))


def issue() -> str:
    """Return the token of a form that is about to be shown."""
    return secrets.token_urlsafe(16)


def redirect_of(response: HttpResponse) -> str:
    """Where an answer leads. Empty: it leads nowhere, for nothing was saved."""
    return str(response.get("Location", ""))


def once(
    request: HttpRequest,
    carry_out: Callable[[], HttpResponse],
    *,
    leads_to: LeadsTo = redirect_of,
    in_one_transaction: bool = True,
) -> HttpResponse:
    """Carry out the form unless that was done before. Raise FormSentBefore if it was.

    `leads_to` reads from the answer what was saved; empty, and the form may be sent again. What would hold the
    database for too long is not carried out `in_one_transaction`: broken off in between, it counts as sent.
    """
    token = request.POST.get(FIELD, "")
    if not token:
        return carry_out()
    key, content = _digest(token, request.path, str(request.user.pk)), _content_digest(request, token)
    with transaction.atomic() if in_one_transaction else nullcontext():
        row = _claimed(key, content)
        try:
            response = carry_out()
        except BaseException:
            if not in_one_transaction:
                row.delete()
            raise
        row.answer = leads_to(response)[:500]
        if row.answer:
            row.save(update_fields=["answer"])
        else:
            row.delete()
    return response


def _would_go(now: datetime) -> Iterator[tuple[str, int]]:
    yield _("forms that were answered"), AnsweredForm.objects.filter(at__lt=now - KEPT).count()


@clock.destroys_by_time(_would_go)
def sweep(now: datetime) -> int:
    """Forget forms that nobody sends again. Return their number."""
    return AnsweredForm.objects.filter(at__lt=now - KEPT).delete()[0]


def _claimed(key: str, content: str) -> AnsweredForm:
    try:
        with transaction.atomic():
            return AnsweredForm.objects.create(key=key, content_digest=content)
    except IntegrityError:
        raise FormSentBefore(AnsweredForm.objects.get(pk=key), content) from None


def _content_digest(request: HttpRequest, token: str) -> str:
    """Under the token, of everything typed and chosen."""
    parts = [token]
    for name in sorted(request.POST.keys() - {"csrfmiddlewaretoken", FIELD}):
        parts += [name, *request.POST.getlist(name)]
    for name in sorted(request.FILES):
        for file in request.FILES.getlist(name):
            parts += [name, file.name or "", hashlib.sha256(file.read()).hexdigest()]
            file.seek(0)
    return _digest(*parts)


def _digest(*parts: str) -> str:
    return hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode(errors="surrogatepass")).hexdigest()
