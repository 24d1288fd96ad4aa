"""The file `.env` of a site for trying out: made before there are settings, by the standard library alone.

What must never happen: a secret that everybody knows, a file that others on the machine can read, half a
file, or a file of the operator's own overwritten. So the values are random, the mode is 0600 from the first
byte on, the file appears whole or not at all, and an existing one is never made anew. What the process
environment already gives is left out: it stays where the operator put it.
"""

import argparse
import os
import secrets
from pathlib import Path

from sitebackend import whole_file
from sitebackend.instance import LOOPBACK, Address
from sitebackend.system import data_owner

BASE_DIR = Path(__file__).resolve().parent.parent
HEADER = "# Made by `manage.py quickstart` for trying out. README has the table of all settings.\n"


def path() -> Path:
    return Path(os.environ.get("ENV_FILE") or BASE_DIR / ".env")


def ensure(arguments: list[str]) -> None:
    """Make `.env` if there is none. Raises OSError if it cannot be written, NotTheOwner if it is not ours to make.

    Asked only for help, the values are set for this process and nothing is written.
    """
    if path().exists():
        return
    wanted = _given_to(arguments)
    values = {name: value for name, value in _values(wanted.bind).items() if not _is_given(name)}
    if _is_given("EMAIL_HOST"):  # the other way to name a mail server
        values.pop("EMAIL_URL", None)
    if wanted.help:
        os.environ.update(values)
    else:
        command = ["manage.py", "quickstart", *arguments]
        data_owner.require(command, folder=_data_folder(), database=None, names=["DATA_DIR", *values])
        _create("".join([HEADER, *(f"{name}={value}\n" for name, value in values.items())]))


def remember(name: str, value: str) -> bool:
    """Put one setting into `.env`, in place of an older value. False if it stands there already."""
    lines = path().read_text(encoding="utf-8").splitlines()
    line = f"{name}={value}"
    if line in lines:
        return False
    kept = [old for old in lines if not old.startswith(f"{name}=")]
    whole_file.write(path(), "".join(f"{one}\n" for one in (*kept, line)).encode())
    return True


def _given_to(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py quickstart", add_help=False, allow_abbrev=False)
    parser.add_argument("--bind", type=Address.parse, default=Address("127.0.0.1", 8000))
    parser.add_argument("--help", "-h", action="store_true")
    return parser.parse_known_args(arguments)[0]


def _values(bind: Address) -> dict[str, str]:
    url = f"http://{bind}" if bind.host in LOOPBACK else f"http://127.0.0.1:{bind.port}"
    return {
        "SITE_URL": url,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "OPERATOR_EMAIL": "operator@example.de",
        "EMAIL_URL": f"filemail://{_data_folder() / 'mail'}",
        "ADMIN_SECOND_FACTOR": "optional",
    }


def _data_folder() -> Path:
    return Path(os.environ.get("DATA_DIR") or BASE_DIR / "var").resolve()


def _is_given(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def _create(text: str) -> None:
    """Whoever comes second keeps the file of the first."""
    path().parent.mkdir(parents=True, exist_ok=True)
    whole_file.write_new(path(), text.encode())
