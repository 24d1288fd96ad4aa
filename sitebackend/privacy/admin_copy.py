"""The copy leaves as a file: under a passphrase, to be printed, or as the package that is completed elsewhere.

It is made in memory for this one answer of the server; nothing of it stays here.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from sitebackend.cockpit.pages import operator_of
from sitebackend.privacy.models import DataSubjectRequest
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.services import answer
from sitebackend.vault import services as vault

SHORTEST = 16  # signs of a passphrase


def file_of(row: DataSubjectRequest, request: HttpRequest, form: str) -> HttpResponse:
    """The download that was asked for. Raises Refused."""
    if form not in FORMS:
        raise Refused(_("The person asked for something else."))
    name, kind, made = FORMS[form]
    content = made(row, request)
    headers = {
        "Content-Disposition": f'attachment; filename="{name.format(reference=row.reference)}"',
        "Cache-Control": "no-store",
    }
    return HttpResponse(content, content_type=kind, headers=headers)


def _encrypted(row: DataSubjectRequest, request: HttpRequest) -> bytes:
    passphrase = request.POST.get("passphrase", "").strip()
    if len(passphrase) < SHORTEST:
        raise Refused(_("The passphrase is too short."))
    return answer.as_file(
        row, vault=vault.unlocked(request), by=operator_of(request), now=timezone.now(), passphrase=passphrase
    )


def _to_print(row: DataSubjectRequest, request: HttpRequest) -> bytes:
    return answer.as_file(row, vault=vault.unlocked(request), by=operator_of(request), now=timezone.now())


def _package(row: DataSubjectRequest, request: HttpRequest) -> bytes:
    return answer.package(row, vault=vault.unlocked(request), by=operator_of(request))


FORMS: dict[str, tuple[str, str, Callable[[DataSubjectRequest, HttpRequest], bytes]]] = {
    "encrypted": ("{reference}.pdf", "application/pdf", _encrypted),
    "print": ("{reference}-print.pdf", "application/pdf", _to_print),
    "package": ("{reference}.package.zip", "application/zip", _package),
}
