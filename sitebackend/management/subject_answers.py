"""The copy of a person's data as files, made at the terminal, and the completing of a package elsewhere.

What must never happen: a file with somebody's data is readable for others of the machine, or replaces another. So
each is made new, for its owner alone.
"""

import os
from datetime import timedelta
from pathlib import Path

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from contact import copies
from sitebackend import audit
from sitebackend.crypto import openpgp
from sitebackend.management import operator_secret
from sitebackend.models import Act, Actor
from sitebackend.privacy import deadlines, documents, registry
from sitebackend.privacy.documents import Answer
from sitebackend.privacy.models import DataSubjectRequest, Kind
from sitebackend.privacy.registry import DataSubject
from sitebackend.privacy.services.answer import new_passphrase
from sitebackend.vault import services as vault
from sitebackend.vault.errors import VaultError
from sitebackend.vault.models import Lock
from sitebackend.vault.opened import OpenVault


def export(person: DataSubject, *, to: Path, with_vault: bool) -> list[str]:
    """Write the copy to `to`: the finished ZIP file, or a package where the secret key is not here.

    Gives the lines to show. Raises CommandError.
    """
    opened = _opened_vault() if with_vault else None
    if not opened and any(copy.in_vault for copy in registry.export(person)):
        raise CommandError(_("A part of the copy is in the vault. Say --vault, and give its passphrase."))
    request = DataSubjectRequest(kind=Kind.ACCESS, received_on=deadlines.local_date(timezone.now()))
    try:
        copies_made = registry.export(person, opened)
    except VaultError as error:
        raise CommandError(str(error)) from error
    answer = documents.collect(request, copies_made)
    items = ((copy.item.source, copy.item.identifier) for copy in copies_made)
    audit.note_each(Act.EXPORTED, items, actor=Actor.SHELL)
    if any(entry.sealed for entry in answer.entries) and operator_secret.key() is None:
        _write(to, documents.pack(answer))
        return [_("{file}: a package. Where the secret key is: subject complete {file}").format(file=to)]
    _write(to, documents.archive(_completed(answer)))
    return [str(to)]


def complete(package: Path, *, to: Path, encrypt: bool) -> list[str]:
    """Make the finished answer out of a package: a ZIP file to hand over by a link, and a PDF file.

    With `encrypt` the PDF file is under a passphrase, which is the last of the lines to show. Raises CommandError.
    """
    from sitebackend.privacy.documents import pdf  # takes a second to load

    try:
        answer = _completed(documents.unpack(package.read_bytes()))
    except (OSError, documents.NoPackage) as error:
        raise CommandError(str(error)) from error
    passphrase = new_passphrase() if encrypt else ""
    page = pdf.as_pdf(answer)
    finished = {
        "zip": documents.archive(answer, made=page),
        "pdf": pdf.encrypted(page, passphrase) if encrypt else page,
    }
    files = [_write(to / f"{answer.reference}.{ending}", content) for ending, content in finished.items()]
    shown = [_("Passphrase of the PDF file: {passphrase}").format(passphrase=passphrase)] if encrypt else []
    return [*map(str, files), *shown]


def _completed(answer: Answer) -> Answer:
    if not any(entry.sealed for entry in answer.entries):
        return answer
    try:
        with openpgp.opener(secret_key=operator_secret.key(), passphrase=operator_secret.passphrase()) as opened:
            return documents.complete(answer, lambda ciphertext: copies.content_of(opened(ciphertext)))
    except (openpgp.OpenPGPError, ValueError) as error:
        raise CommandError(str(error)) from error


def _opened_vault() -> OpenVault:
    try:
        private = vault.tested(operator=None, passphrase=operator_secret.vault_passphrase(), lock=Lock.VAULT)
    except VaultError as error:
        raise CommandError(str(error)) from error
    return OpenVault(private, locks_at=timezone.now() + timedelta(minutes=1))


def _write(path: Path, content: bytes) -> Path:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except FileExistsError as error:
        raise CommandError(_("{file} is there already.").format(file=path)) from error
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    return path
