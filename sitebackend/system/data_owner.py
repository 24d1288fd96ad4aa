"""One account runs the site, and only it may write among the site's data.

What must never happen: a command run as root, or from anybody else's account, leaves a lock, a journal or a part
of the database behind that the site itself cannot write, and the contact form stays closed until somebody looks.
So every command asks here first, before anything is opened or made, and is refused unless the data are its
account's own. Whose they are is what the folder and what lies in it say: the first owner who is not root, for
root's files there are either all or strays.

Standard library only: it is asked before there are settings.
"""

import os
import pwd
import shlex
from collections.abc import Sequence
from pathlib import Path

#: Commands of Django that touch none of the site's data.
HARMLESS = ("help", "version", "makemessages", "compilemessages")
_HELP = {"--help", "-h", "--version"}
_AS_THE_SITE = "Run this from the account that the site runs as"


class NotTheOwner(Exception):
    """The command is not its account's to run; the message is one line that says whose it is, and what to type."""


def touches_data(arguments: Sequence[str]) -> bool:
    """Whether this command line (without the program) does more than to tell about itself."""
    return bool(arguments) and arguments[0] not in HARMLESS and not _HELP & set(arguments)


def require(command_line: Sequence[str], *, folder: Path, database: Path | None, names: Sequence[str]) -> None:
    """Raise NotTheOwner if the data in `folder`, or the SQLite `database`, are another account's.

    A folder that does not exist yet is nobody's. `names`: of the settings, for what the environment gives of them
    must not be lost under another account.
    """
    me = name_of(os.geteuid())
    try:
        where, owner = _evidence(folder, database)
    except PermissionError as error:
        raise NotTheOwner(f"{error.filename}: {me} may not look there. {_AS_THE_SITE}.") from error
    if owner != os.geteuid():
        sudo = shlex.join(["sudo", "-u", name_of(owner), *_preserved(names), "uv", "run", *command_line])
        raise NotTheOwner(
            f"{where} belongs to {name_of(owner)}, and a file that {me} leaves there can close the site. Run: {sudo}"
        )


def require_readable(settings_file: Path) -> None:
    """Raise NotTheOwner if there is a settings file and this account may not read it."""
    try:
        settings_file.open("rb").close()
    except PermissionError as error:
        me = name_of(os.geteuid())
        chown = shlex.join(["sudo", "chown", me.removeprefix("#"), str(settings_file)])
        raise NotTheOwner(
            f"{settings_file}: {me} may not read the settings. {_AS_THE_SITE}; if that is {me}: {chown}"
        ) from error
    except OSError:  # there is none: the settings tell what is missing
        return


def strays(folder: Path, also: Sequence[Path] = ()) -> list[Path]:
    """What lies in `folder`, and of the files `also`, and belongs to another account than this process's."""
    inside = (Path(root, name) for root, folders, files in os.walk(folder) for name in (*folders, *files))
    return [path for path in (folder, *also, *inside) if _is_strange(path)]


def taken_back(folder: Path, also: Sequence[Path] = ()) -> str:
    """What root types so that all of it belongs to this process's account."""
    outside = [str(path) for path in also if folder not in path.parents]
    me = name_of(os.geteuid())
    return shlex.join(["sudo", "chown", "-R", me[1:] if me.startswith("#") else f"{me}:", str(folder), *outside])


def name_of(uid: int) -> str:
    """The account's name, or # and its number, as sudo takes it."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"


def _evidence(folder: Path, database: Path | None) -> tuple[Path, int]:
    """The path that tells whose the data are, and whose they are."""
    found = [(path, path.stat().st_uid) for path in (folder, database) if path and _is_there(path)]
    if any(owner == 0 for _path, owner in found):
        found += [(path, path.lstat().st_uid) for path in _inside(folder)]
    others = [(path, owner) for path, owner in found if owner]
    return (others or found or [(folder, os.geteuid())])[0]


def _is_there(path: Path) -> bool:
    """Raises PermissionError if that cannot be told."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # for root's eyes only, or not there
        return []


def _is_strange(path: Path) -> bool:
    try:
        return path.lstat().st_uid != os.geteuid()
    except OSError:
        return False


def _preserved(names: Sequence[str]) -> list[str]:
    """sudo takes no variable along that it is not told to; only names are told, for a value may be a secret."""
    known = {"ENV_FILE", *names, *(f"{name}_FILE" for name in names)}
    given = sorted(known & os.environ.keys())
    return [f"--preserve-env={','.join(given)}"] if given else []
