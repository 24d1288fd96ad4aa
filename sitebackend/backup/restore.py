"""Bring a backup back, to an empty machine or over a live one, without bringing back anybody who was erased.

What must never happen: a half-restored site is served, a failed try costs the live data, or an erased person
reappears. So everything is decrypted, unpacked and checked in a private folder first, and the live data are
not touched until a file there says "ready". From then on the gate is shut: visitors get a 503 page, the worker
rests. It opens only after the database was brought up to date and the erasure journal carried out again, put
together from every copy in reach, which must be at least as long as the backup and the operator know it to be; and
mails that waited when the backup was made are held, for they may have gone out since.
If any of that fails, everything is put back as it was. Killed in between, the old state is whole, in its place
or beside; `resume` completes the restore and `take_back` gives it up, whichever the operator wants.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
from django.db.models import Max
from django.utils.translation import gettext as _

from sitebackend import instance, node, whole_file
from sitebackend.backup import failures, gate, settings_file, snapshot, swap, trial, work
from sitebackend.backup.failures import BackupFailed
from sitebackend.backup.models import Backup
from sitebackend.backup.progress import Progress, silent
from sitebackend.backup.trial import Checked
from sitebackend.crypto import server_key
from sitebackend.mail.models import OutgoingMail
from sitebackend.monitoring import clock
from sitebackend.privacy import chain_head, erasure, high_water, journal, journal_copies, journal_line, traces
from sitebackend.privacy.erasure import Replayed
from sitebackend.privacy.journal_file import JournalFile
from sitebackend.privacy.journal_line import Cause, Entry
from sitebackend.privacy.registry import Measure

OLD_STATE_LIVES = timedelta(days=7)
_DONE = "restored.json"


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, and how many rows of erased people were destroyed again."""

    checked: Checked
    erased_again: int
    old_state: Path
    kept: tuple[str, ...] = ()  #: the journal says that they were erased, and a law keeps them


@dataclass(frozen=True, slots=True)
class Wave:
    """What one run of retention erased since a backup was made."""

    at: datetime
    first: int
    last: int
    rows: int


def restore(
    path: Path,
    *,
    public_key: str,
    secret_key: bytes | None,
    passphrase: str,
    journal_number: int,
    with_settings: bool = False,
    without_retention: range = range(0),
    progress: Progress = silent,
) -> Restored:
    """Replace the site by the backup. `journal_number`: the latest line of the erasure journal known of.

    `without_retention`: what retention wrote in these lines, by a wrong clock, is not erased again, now or by any later
    restore. `with_settings` also replaces the settings file. Raises BackupFailed; the live data are as before then.
    """
    with _alone():
        node.require()
        if gate.is_shut():
            words = _("A restore is unfinished. Complete it first: backup restore --resume; or give it up: --undo.")
            raise BackupFailed(words)
        shutil.rmtree(gate.folder(), ignore_errors=True)
        gate.folder().mkdir(mode=0o700)
        try:
            checked = trial.unpack_checked(
                path,
                gate.folder(),
                public_key=public_key,
                secret_key=secret_key,
                passphrase=passphrase,
                progress=progress,
            )
            with failures.told():
                _accept(checked)
                _stage_journal(path.absolute().parent, max(journal_number, checked.header.journal_number))
                _put_back(without_retention)
                _stage_settings(with_settings)
                gate.shut({"journal_number": checked.header.journal_number, "places": swap.prepare()})
        except BaseException:
            shutil.rmtree(gate.folder(), ignore_errors=True)
            raise
        replayed = _complete_or_take_back(progress)
        return Restored(checked, replayed.erased, swap.kept_folder(), replayed.kept)


def waves(path: Path, known_to_backup: int) -> list[Wave]:
    """The runs of retention in the journal in reach that are younger than this backup. Raises BackupFailed."""
    with failures.told():
        whole = _journal_in_reach(path.absolute().parent, 0)
        entries = [entry for entry, _chain in journal_line.chained(whole) if entry.number > known_to_backup]
    by_retention = [entry for entry in entries if entry.cause == Cause.RETENTION]
    runs = [list(run) for _at, run in groupby(by_retention, key=lambda entry: entry.at)]
    return [Wave(run[0].at, run[0].number, run[-1].number, sum(len(entry.rows) for entry in run)) for run in runs]


def take_over(folder: Path, *, journal_number: int, dry: bool = False) -> int:
    """Make this data folder the database's, whosesoever it was; gives the number of the journal's last line.

    The erasure journal of the other one comes along, out of `folder`, of this data folder and of the media, and must
    be as long as the database and the operator (`journal_number`) know it to be. Raises BackupFailed.
    """
    with _alone(), failures.told():
        known = Backup.objects.aggregate(most=Max("journal_number"))["most"] or 0
        whole = _journal_in_reach(folder, max(known, journal_number))
        if not dry:
            high_water.carry_over(journal.path().parent, also=[folder])
            if whole:
                whole_file.write(journal.path(), whole)
            node.take_over()
        return whole.count(b"\n")


def resume(*, progress: Progress = silent) -> Replayed:
    """Complete a restore that was interrupted; gives what was erased again. Raises BackupFailed."""
    with _alone():
        _require_unfinished()
        return _complete_or_take_back(progress)


def take_back() -> None:
    """Give up a restore that was interrupted: everything as it was before. Raises BackupFailed, the gate shut."""
    with _alone():
        _require_unfinished()
        _take_back()


def _would_go(now: datetime) -> Iterator[tuple[str, int]]:
    yield _("state before the last restore"), int(_is_old_state_due(now))


@clock.destroys_by_time(_would_go)
def forget_old_state(now: datetime) -> int:
    """Worker job: the state before a restore goes after a week; gives how many did."""
    if not _is_old_state_due(now):
        return 0
    shutil.rmtree(swap.kept_folder())
    return 1


def _is_old_state_due(now: datetime) -> bool:
    return not gate.is_shut() and (swap.kept_folder() / _DONE).exists() and old_state_goes_at() <= now


def forget_old_state_of_erased(now: datetime) -> int:
    """Worker job: the state before a restore goes as soon as somebody is erased, for it knows them."""
    file = swap.kept_folder() / _DONE
    if gate.is_shut() or not file.exists() or json.loads(file.read_bytes())["journal_number"] >= journal.position():
        return 0
    shutil.rmtree(swap.kept_folder())
    return 1


def old_state_goes_at() -> datetime:
    """By when (aware, UTC) the state before the last restore goes. Raises FileNotFoundError if there is none."""
    facts = json.loads((swap.kept_folder() / _DONE).read_bytes())
    return datetime.fromisoformat(facts["at"]) + OLD_STATE_LIVES


@contextmanager
def _alone() -> Iterator[None]:
    Path(settings.DATA_DIR).mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with instance.hold_folder(Path(settings.DATA_DIR)), work.alone():
            yield
    except instance.AlreadyRunning as error:
        raise BackupFailed(_("The site is running. Stop it first, then restore.")) from error


def _require_unfinished() -> None:
    if not gate.is_shut():
        raise BackupFailed(_("There is no unfinished restore."))


def _accept(checked: Checked) -> None:
    if checked.manifest.engine != snapshot.engine():
        raise BackupFailed(_("This backup is of another kind of database; set DATABASE_URL as it was."))
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if newer := sorted(set(checked.manifest.migrations) - known):
        raise BackupFailed(_("A newer version of this program made this backup ({name}).").format(name=newer[0]))


def _stage_journal(folder: Path, known_number: int) -> None:
    """Put the journal of all copies in reach beside the other files; the one in the backup is as old as it is."""
    staged = gate.folder() / swap.FILES / "journal" / journal.FILE_NAME
    whole = _journal_in_reach(folder, known_number, also=[staged.parent])
    high_water.carry_over(staged.parent, also=[folder])
    _stage_ledger_head(staged.with_name(chain_head.FILE_NAME))
    if whole:
        whole_file.write(staged, whole)


def _stage_ledger_head(staged: Path) -> None:
    """An older backup holds none: what is noted here is of entries that it may not know."""
    if not staged.exists() and chain_head.path().exists():
        whole_file.write(staged, b"")


def _put_back(lines: range) -> None:
    """Write it into the journal that comes with the backup: given up, the restore leaves no trace of it."""
    if not lines:
        return
    staged = JournalFile(gate.folder() / swap.FILES / "journal" / journal.FILE_NAME)
    wave = [entry for entry in staged.entries() if entry.number in lines and entry.cause == Cause.RETENTION]
    if not wave:
        raise BackupFailed(_("Retention wrote none of these lines. Without --yes, restore shows which it wrote."))
    now, written_by = datetime.now(UTC), node.own_name()
    again = [Entry(0, now, entry.source, Measure.PUT_BACK, entry.rows, node=written_by) for entry in wave]
    with staged.locked():
        staged.add(again)


def _journal_in_reach(folder: Path, known_number: int, also: Sequence[Path] = ()) -> bytes:
    """Put together from every copy here, in `folder` and on the media. Raises BackupFailed if it is too short."""
    places = [journal.path().parent, *also, folder, *settings.BACKUP_TARGETS]
    whole = journal_copies.united(file for place in places for file in journal_copies.beside(place))
    if whole.count(b"\n") < known_number:
        words = _(
            "The erasure journal in reach ends before line {number}. Connect the medium that holds the latest copy, "
            "or save the files attached to the mails about the erasure journal into {folder}."
        )
        raise BackupFailed(words.format(number=known_number, folder=folder))
    return whole


def _stage_settings(wanted: bool) -> None:
    env = gate.folder() / swap.ENV
    if wanted:
        whole_file.write(env, settings_file.for_this_machine(env.read_bytes()))
    else:
        env.unlink(missing_ok=True)


def _complete_or_take_back(progress: Progress) -> Replayed:
    try:
        with failures.told():
            return _complete(progress)
    except Exception as error:  # whatever it is, such as a migration that fails: the site must not stay between
        _take_back()
        reason = error if isinstance(error, BackupFailed) else f"{type(error).__qualname__}."  # messages may hold data
        raise BackupFailed(_("{reason} Everything is as it was before.").format(reason=reason)) from error


def _complete(progress: Progress) -> Replayed:
    """From "ready" to open: every step may have been done already."""
    facts = gate.facts()
    progress(_("Putting the files into place"), 0)
    swap.forwards(facts["places"])
    server_key.read_again()
    progress(_("Bringing the database up to date"), 0)
    call_command("migrate", verbosity=0, interactive=False)
    node.take_over()  # the backup names the folder that it was made from
    progress(_("Carrying out the erasure journal again"), 0)
    replayed = _replay(facts["journal_number"])
    OutgoingMail.objects.hold()  # the backup does not know which of them went out since
    if replayed.erased and traces.is_a_good_time(datetime.now(UTC)):  # it takes as much memory as the database is large
        traces.wipe()
    done = {"at": datetime.now(UTC).isoformat(), "journal_number": journal.position()}
    whole_file.write(swap.kept_folder() / _DONE, json.dumps(done).encode())
    gate.open_again()
    return replayed


def _replay(known_to_backup: int) -> Replayed:
    """Carry out every line of the journal that is younger than the backup. Raises BackupFailed."""
    entries = [entry for entry in journal.entries() if entry.number > known_to_backup]
    replayed = erasure.replay(entries)
    if left := erasure.left_after(entries):
        raise BackupFailed(_("{count} erased rows are still there.").format(count=left))
    return replayed


def _take_back() -> None:
    with failures.told():
        swap.backwards(gate.facts()["places"])
        server_key.read_again()
        gate.open_again()
    shutil.rmtree(swap.kept_folder(), ignore_errors=True)
