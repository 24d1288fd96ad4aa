"""The rehearsal: every night an invented person writes, asks for access and is erased, on the running site.

What must never happen: it is said that erasing works while it does not, or the rehearsal harms what is real. So she
comes through the site's own forms, like anybody; her erasure may name her own rows and nothing else; and afterwards
her name, address and digests are searched for as bytes: in the database's files, in what was written meanwhile, in
the journal, and in the newest backup, which is encrypted: there only what leaked in the clear would be found, so
nobody is told that backups were searched. Whatever does not go as it should is an alarm.

Two workers do not both rehearse: a lock on a file goes with the process that holds it, however it ends. What a
killed one left is cleaned up at the next start (`clean_up`).
"""

import fcntl
import html
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from time import sleep
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.apps import apps
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone, translation

from sitebackend import node
from sitebackend.backup.models import Backup
from sitebackend.mail import services as outbox
from sitebackend.nonce import FASTEST
from sitebackend.pages import version
from sitebackend.privacy import erasure, journal, registry, rehearsal, traces
from sitebackend.privacy.models import DataSubjectRequest, Kind, Rehearsal
from sitebackend.privacy.rehearsal import Invented

BEGINS, ENDS = time(3), time(5)  # local
AT_LATEST = timedelta(hours=36)  # a site that is switched off at night rehearses by day
READING = FASTEST.total_seconds() + 1.1  # signed times are whole seconds
TRIES, PAUSE = 6, 5.0  # to clean the files, and seconds between: somebody may read
OWN_HOLDINGS = frozenset({"contact.submissions", "privacy.requests"})
_NONCE = re.compile(r'name="nonce" value="([^"]+)"')
_BLOCK = 1 << 20  # bytes

logger = logging.getLogger(__name__)


class Failed(Exception):
    """It did not go as it should; the argument is one of Rehearsal.Failure."""


def rehearse_if_due(now: datetime) -> int:
    """Worker job, once a night; 1 if it was done, however it went."""
    row, _first = Rehearsal.objects.get_or_create(id=1, defaults={"begun_at": now, "ended_at": now})
    if not _is_due(row, now) or not traces.is_a_good_time(now):
        return 0
    with _alone() as is_alone:
        return int(is_alone and _begin(row, now) and _rehearse(now))


def clean_up(now: datetime) -> int:
    """Worker job: forget her whose rehearsal was cut off, or came back with a restore; 1 if there was one."""
    if not Rehearsal.objects.filter(ended_at=None).exists():
        return 0
    with _alone() as is_alone:
        person = rehearsal.going_on() if is_alone else None
        if person is None:
            return 0
        _forget(person)
        traces.wipe()
        Rehearsal.objects.update(ended_at=now)
    return 1


def _is_due(row: Rehearsal, now: datetime) -> bool:
    """Begun on an earlier day, and it is night; or long ago."""
    here, last = timezone.localtime(now), timezone.localtime(row.begun_at)
    is_night = BEGINS <= here.time() < ENDS and last.date() < here.date()
    return row.ended_at is not None and (is_night or now - row.begun_at > AT_LATEST)


@contextmanager
def _alone() -> Iterator[bool]:
    with (Path(settings.DATA_DIR) / "rehearsal.lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _begin(row: Rehearsal, now: datetime) -> bool:
    """Take it, unless another one took it since `row` was read."""
    node.require()
    return bool(Rehearsal.objects.filter(begun_at=row.begun_at).update(begun_at=now, ended_at=None))


def _rehearse(now: datetime) -> bool:
    person, failure = rehearsal.invented(now), ""
    try:
        _go_through(person, now)
    except Failed as failed:
        failure = str(failed.args[0])
    except Exception as error:
        logger.exception("the rehearsal broke off: %s", type(error).__name__)
        failure = Rehearsal.Failure.ERROR
    _forget(person)
    ended: dict[str, Any] = {"ended_at": timezone.now(), "failure": failure}
    proved = {"proved_at": now, "seen_in_files": not traces.missing_rights()} if not failure else {}
    Rehearsal.objects.update(**ended, **proved)
    version.renew()  # the notice names the day
    return True


def _go_through(person: Invented, now: datetime) -> None:
    words = [person.token.encode(), person.digest.encode()]
    words += [reference.encode() for reference in _write_and_ask(person)]
    _look_at_the_copy(person)
    _erase(person)
    if not _is_wiped() and not traces.missing_rights():
        raise Failed(Rehearsal.Failure.FILES)
    _search(words, since=now)


def _is_wiped() -> bool:
    for _again in range(TRIES):
        if traces.wipe():
            return True
        sleep(PAUSE)
    return False


def _write_and_ask(person: Invented) -> list[str]:
    """Through both public forms, as fast as a person may be; gives the references that they tell."""
    with translation.override(settings.LANGUAGE_CODE):
        contact, request = reverse("contact:form"), reverse("privacy:request")
    visitor = _Visitor()
    nonces = {path: visitor.nonce(path) for path in (contact, request)}
    sleep(READING)
    message = dict.fromkeys(("name", "street", "city", "message"), person.token)
    message |= {"email": person.email, "phone": "030 23125 000", "postal_code": "10115", "nonce": nonces[contact]}
    wish = {"kind": Kind.ACCESS, "name": person.token, "email": person.email, "nonce": nonces[request]}
    return [
        visitor.send(contact, message, failure=Rehearsal.Failure.FORM),
        visitor.send(request, wish, failure=Rehearsal.Failure.REQUEST),
    ]


class _Visitor:
    """Asks the site's application as its server does: all of it answers but the network."""

    def __init__(self) -> None:
        self.application = WSGIHandler()

    def nonce(self, path: str) -> str:
        _status, _headers, body = self._ask("GET", path)
        found = _NONCE.search(body.decode())
        return html.unescape(found[1]) if found else ""

    def send(self, path: str, fields: Mapping[str, str], *, failure: str) -> str:
        status, headers, _body = self._ask("POST", path, urlencode(fields).encode())
        if status == 303:
            status, headers, _body = self._ask("GET", headers["Location"])
        if status != 200 or "X-Reference" not in headers:
            raise Failed(failure)
        return headers["X-Reference"]

    def _ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        given: list[Any] = []

        def begin(*begun: Any) -> Any:
            given.extend(begun)

        response = self.application(_environ(method, path, body), begin)
        try:
            content = b"".join(response)
        finally:
            response.close()
        return int(given[0].split()[0]), dict(given[1]), content


def _environ(method: str, path: str, body: bytes) -> dict[str, Any]:
    site = urlsplit(settings.SITE_URL)
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "SERVER_NAME": site.hostname,
        "SERVER_PORT": str(site.port or {"https": 443}.get(site.scheme, 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": site.netloc,
        "HTTP_SEC_FETCH_SITE": "same-origin",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": site.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def _look_at_the_copy(person: Invented) -> None:
    """Both are found, her message goes along as ciphertext, and what she asked in her own words."""
    copies = {copy.item.source: copy for copy in registry.export(person.subject())}
    if copies.keys() != OWN_HOLDINGS:
        raise Failed(Rehearsal.Failure.ACCESS)
    request = str(dict(copies["privacy.requests"].values))
    if not copies["contact.submissions"].ciphertext or person.token not in request:
        raise Failed(Rehearsal.Failure.ACCESS)


def _erase(person: Invented) -> None:
    plan = erasure.plan(person.subject())
    if {step.source for step in plan.steps if step.rows} - OWN_HOLDINGS or any(len(s.rows) > 1 for s in plan.steps):
        raise Failed(Rehearsal.Failure.OTHERS)
    _forget(person)
    if registry.find(person.subject()) or erasure.verify(person.subject()):
        raise Failed(Rehearsal.Failure.LEFT_OVER)


def _forget(person: Invented) -> None:
    """Her message by the registry's own way. Her request, which would stay as proof, proves nothing: it goes whole."""
    with transaction.atomic():
        erasure.rehearse(person.subject())
        requests = DataSubjectRequest.objects.filter(email_digest=person.digest)
        outbox.forget(list(requests.values_list("pk", flat=True)))
        requests.delete()


def _search(words: list[bytes], *, since: datetime) -> None:
    if connection.vendor == "postgresql" and any(_is_in_a_table(word.decode()) for word in words):
        raise Failed(Rehearsal.Failure.BYTES)
    if any(_holds(file, words) for file in _written(Path(settings.DATA_DIR), since)):
        raise Failed(Rehearsal.Failure.BYTES)
    try:
        journal.entries()
    except (journal.JournalDamaged, OSError) as error:
        raise Failed(Rehearsal.Failure.JOURNAL) from error
    if journal.path().exists() and _holds(journal.path(), words):
        raise Failed(Rehearsal.Failure.JOURNAL)
    if any(_holds(file, words) for file in _newest_backup()):
        raise Failed(Rehearsal.Failure.BACKUP)


def _is_in_a_table(word: str) -> bool:
    """PostgreSQL's files are not within reach; every column of every table is, as text."""
    with connection.cursor() as cursor:
        for model in apps.get_models():
            query = f'SELECT 1 FROM "{model._meta.db_table}" AS t WHERE t::text LIKE %s LIMIT 1'  # noqa: S608 - ours
            cursor.execute(query, [f"%{word}%"])
            if cursor.fetchone():
                return True
    return False


def _written(folder: Path, since: datetime) -> Iterator[Path]:
    """The database's own files, and whatever was written since: a file that is older cannot hold her."""
    database: Path | None = settings.DATABASE_FILE
    if database:
        yield from (database.with_name(database.name + end) for end in ("", "-wal"))
    for path in folder.rglob("*"):
        if path.is_file() and path.stat().st_mtime >= since.timestamp() - 60:
            yield path


def _newest_backup() -> list[Path]:
    backup = Backup.objects.latest_whole()
    return [folder / backup.name for folder in settings.BACKUP_TARGETS] if backup else []


def _holds(file: Path, words: Iterable[bytes]) -> bool:
    """Read in blocks that overlap: a word may lie across two."""
    end = b""
    try:
        with file.open("rb") as opened:
            while block := opened.read(_BLOCK):
                if any(word in end + block for word in words):
                    return True
                end = block[-100:]
    except FileNotFoundError:  # a temporary file, or a medium that is not connected
        return False
    return False
