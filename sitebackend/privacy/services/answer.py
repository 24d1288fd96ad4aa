"""A request is answered: the copy is handed over once, or the letter says what was done and what stays, and why.

What must never happen: the copy of a person's data lies about, or the answer counts as sent that was not. The copy
is sealed under a key that exists only in the link that is mailed to the person (and, until the mail server took it,
sealed in the outbox); fetching it, its fourteen days, or the end of the request erases it.
"""

import hashlib
import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from sitebackend import audit, retention
from sitebackend.crypto import sealing
from sitebackend.mail import services as outbox
from sitebackend.mail.models import OutgoingMail
from sitebackend.models import Act, Actor, Operator
from sitebackend.monitoring import clock
from sitebackend.privacy import deadlines, documents, erasure, registry
from sitebackend.privacy.documents import Answer
from sitebackend.privacy.mail import ACCESS, OUTCOME, outcome_facts
from sitebackend.privacy.models import AccessAnswer, CopyForm, DataSubjectRequest, Kind, Outcome
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import Export
from sitebackend.privacy.services import execution, outcomes, recipients
from sitebackend.references import SIGNS
from sitebackend.vault import services as vault_log
from sitebackend.vault.models import Lock
from sitebackend.vault.opened import OpenVault, Unlocked

PASSPHRASE_GROUPS = 4  #: of five signs each: 98 bits, to be told by telephone


def new_passphrase() -> str:
    """For a file that goes another way than this passphrase."""
    groups = ("".join(secrets.choice(SIGNS) for _ in range(5)) for _ in range(PASSPHRASE_GROUPS))
    return "-".join(groups)


def copies(request: DataSubjectRequest) -> list[Export]:
    """What is held on the person, this request included, in the person's language; nothing of it opened."""
    with translation.override(request.statement.language):
        return registry.export(request.subject())


def needs_lock(copy: Export, unlocked: Unlocked | None) -> Lock | None:
    """The lock that a part of it waits for: the vault, or messages alone, which the vault opens as well."""
    source = registry.source(copy.item.source)
    here = bool(copy.ciphertext) and source.opens_ciphertexts()
    is_open = isinstance(unlocked, OpenVault) or (unlocked is not None and source.lock == Lock.MESSAGES)
    return source.lock if (copy.in_vault or here) and not is_open else None


def needs_key(copy: Export) -> bool:
    """Whether a part of it opens only where the operator's secret key is, and that is not here."""
    return bool(copy.ciphertext) and not registry.source(copy.item.source).opens_ciphertexts()


def give_access(
    request: DataSubjectRequest, *, vault: Unlocked | None, by: Operator, now: datetime, completed: bytes | None = None
) -> Outcome:
    """Have the person mailed a link that gives the copy once, and close the request. Raises Refused.

    `completed`: the finished answer, made where the secret key is out of `package`.
    """
    if not request.statement.email:
        raise Refused(_("There is no e-mail address: hand over a file with a passphrase, or print the copy."))
    sealed = _to_hand_over(request)
    content = _checked(request, completed) if completed else documents.archive(_whole(request, sealed, vault, by))
    nothing = all(copy.item.identifier == str(request.pk) for copy in sealed)
    outcome = Outcome.NOTHING_HELD if nothing else Outcome.GRANTED
    with transaction.atomic():
        token = _kept(request, content, now)
        _note_copy(request, CopyForm.LINK, by, now)
        _close(request, outcome, by, now)
        facts = {"token": token, "nothing": nothing}
        outbox.queue(ACCESS.name, about=request.pk, facts=facts, now=now)
    return outcome


def as_file(
    request: DataSubjectRequest, *, vault: Unlocked | None, by: Operator, now: datetime, passphrase: str = ""
) -> bytes:
    """The copy as a PDF file, under a passphrase unless it is to be printed. Raises Refused.

    Nothing of it stays but the note that it was made: on that the answer "carried out" may rest.
    """
    from sitebackend.privacy.documents import pdf  # takes a second to load, and few processes ever need it

    whole = _whole(request, _to_hand_over(request), vault, by)
    enclosed: list[str] = []
    apart: list[str] = []
    if passphrase:
        content = pdf.encrypted(pdf.as_pdf(whole), passphrase)
    else:
        content, enclosed, apart = pdf.printed(whole)
    request.take(replace(request.statement, enclosures="\n".join([*enclosed, *apart]), apart="\n".join(apart)))
    _note_copy(request, CopyForm.FILE if passphrase else CopyForm.PRINT, by, now)
    request.save()
    return content


def note_handed_over(request: DataSubjectRequest, *, by: Operator, now: datetime) -> None:
    """The operator gave the person a copy that was not made on the request's page. Raises Refused."""
    _require_open(request, *outcomes.COPIES)
    _note_copy(request, CopyForm.ELSEWHERE, by, now)
    request.save()


def package(request: DataSubjectRequest, *, vault: Unlocked | None, by: Operator) -> bytes:
    """The copy as far as it opens here, to be completed where the secret key is. Raises Refused."""
    return documents.pack(_prepared(request, _to_hand_over(request), vault, by))


def _to_hand_over(request: DataSubjectRequest) -> list[Export]:
    _require_open(request, *outcomes.COPIES)
    return copies(request)


def _note_copy(request: DataSubjectRequest, form: CopyForm, by: Operator, now: datetime) -> None:
    request.copied_at, request.copied_by, request.copied_as = now, by, form


def _whole(request: DataSubjectRequest, sealed: Sequence[Export], vault: Unlocked | None, by: Operator) -> Answer:
    if any(needs_key(copy) for copy in sealed):
        raise Refused(_("A part opens with your secret key only. Take the package and complete it where the key is."))
    return _prepared(request, sealed, vault, by)


def _prepared(request: DataSubjectRequest, sealed: Sequence[Export], vault: Unlocked | None, by: Operator) -> Answer:
    """The answer out of these copies, with everything that can be opened here; each opening is logged."""
    if any(needs_lock(copy, vault) for copy in sealed):
        raise Refused(_("A part of the copy is in the vault. Open it first."))
    for copy in sealed if vault else []:
        if copy.sealed:
            lock = registry.source(copy.item.source).lock
            vault_log.record_opening(operator=by, kind=copy.item.source, key=UUID(copy.item.identifier), lock=lock)
    with translation.override(request.statement.language):
        return documents.collect(request, registry.opened(sealed, vault) if vault else sealed)


def _checked(request: DataSubjectRequest, completed: bytes) -> bytes:
    if not documents.is_finished(completed, reference=request.reference):
        raise Refused(_("This file is not the completed answer to this request."))
    return completed


def finish(
    request: DataSubjectRequest,
    *,
    outcome: Outcome,
    by: Operator,
    now: datetime,
    told: Collection[str] = (),
    ground: str = "",
) -> None:
    """Have the person told how it ended, and close the request. `told`: the recipients who heard of it (Art. 19 GDPR).

    `ground`: the reasons of a refusal; they stay on the request, so that nothing typed is lost. Without a mail
    address a letter must be posted, and `mark_posted` says that it was. Raises Refused if what the outcome says is
    not so, above all while an erasure is not proved; then it stays open.
    """
    _require_open(request, *Kind)
    if ground.strip():
        request.take(replace(request.statement, ground=ground.strip()))
        request.save()
    outcomes.require_true(request, outcome)
    kept = outcomes.kept(request) if outcome != Outcome.WITHDRAWN else []
    with transaction.atomic():
        recipients.note_told(request, told)
        erasure.promise(kept, now=now)
        _close(request, outcome, by, now)
        if request.statement.email:
            facts = outcome_facts(request, kept)
            outbox.queue(OUTCOME.name, about=request.pk, facts=facts, now=now)
            execution.verify_again(DataSubjectRequest.objects.filter(pk=request.pk))


def mark_posted(request: DataSubjectRequest, *, at: datetime) -> None:
    """The operator posted the letter with the answer. Raises Refused."""
    if not DataSubjectRequest.objects.letters_to_post().filter(pk=request.pk).update(answer_sent_at=at):
        raise Refused(_("There is no such letter."))


def waiting(token: str, now: datetime) -> AccessAnswer | None:
    """The copy behind this link, if it is still there."""
    return AccessAnswer.objects.filter(token_digest=_digest(token), expires_at__gt=now).first()


@transaction.atomic
def hand_over(token: str, *, now: datetime) -> bytes | None:
    """The ZIP file, once: it is erased with this call. None if it is gone."""
    rows = AccessAnswer.objects.select_for_update().filter(token_digest=_digest(token), expires_at__gt=now)
    answer = rows.first()
    if answer is None:
        return None
    content = sealing.unwrap(_key(token), bytes(answer.sealed), context=_context(answer))
    answer.delete()
    audit.note(Act.FETCHED, actor=Actor.PERSON, kind="privacy.datasubjectrequest", key=answer.request_id)
    return content


def _would_go(now: datetime) -> Iterator[tuple[str, int]]:
    yield _("copies that nobody fetched"), _expired(now).count()


@clock.destroys_by_time(_would_go)
def sweep(now: datetime) -> int:
    """Worker job: erase copies that nobody fetched in time; gives how many."""
    return _expired(now).delete()[0]


def _expired(now: datetime) -> QuerySet[AccessAnswer]:
    """The time runs from the mail."""
    unsent = OutgoingMail.objects.filter(kind=ACCESS.name).unsent().values("about")
    return AccessAnswer.objects.filter(expires_at__lte=now).exclude(request__in=unsent)


def _require_open(request: DataSubjectRequest, *kinds: str) -> None:
    if request.answered_at:
        raise Refused(_("The request is answered."))
    if not request.identity:
        raise Refused(_("First settle who asks."))
    if request.kind not in kinds:
        raise Refused(_("The person asked for something else."))


def _kept(request: DataSubjectRequest, content: bytes, now: datetime) -> str:
    """Seal the copy; gives the token that opens it and exists nowhere else."""
    token = secrets.token_urlsafe(32)
    answer = AccessAnswer(request=request, token_digest=_digest(token), made_at=now)
    answer.expires_at = now + retention.ANSWER_LIVES
    answer.sealed = sealing.wrap(_key(token), content, context=_context(answer))
    answer.save()
    return token


def _close(request: DataSubjectRequest, outcome: Outcome, by: Operator, now: datetime) -> None:
    request.answered_at, request.answered_by, request.outcome = now, by, outcome
    request.acknowledged_at = request.acknowledged_at or now
    request.purge_at = retention.midnight(retention.goes_on(deadlines.local_date(now), retention.REQUEST_TEXT_DAYS))
    request.save()


def _digest(token: str) -> str:
    return hashlib.sha256(f"digest|{token}".encode()).hexdigest()


def _key(token: str) -> bytes:
    return hashlib.sha256(f"key|{token}".encode()).digest()


def _context(answer: AccessAnswer) -> str:
    return f"access-answer|{answer.pk}"
