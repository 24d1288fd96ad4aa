"""Kinds of keys × what comes of them: taken or refused, a message encrypted, opened by three OpenPGP programs.

    DJANGO_SETTINGS_MODULE=tests.settings ENV_FILE=/dev/null python -m tests.crypto.key_table > table.md

gpg is needed; OpenPGP.js comes from npm and Sequoia's `sq` from Debian, and each is told as skipped where it is not
to be had. The exit code is 1 if anything is not as its kind says.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402 – after the setup
from django.utils import translation  # noqa: E402

from contact import message  # noqa: E402
from sitebackend import operator_key  # noqa: E402
from tests.crypto.key_kinds import REFUSED, TAKEN, Home, Kind, Made, Workshop, openpgpjs_in  # noqa: E402

WORD = "Grüße € 🙂"
FIELDS = {"name": "A", "message": WORD}
NONE, SKIPPED = "–", "skipped"
DECRYPT = """import * as openpgp from 'openpgp'; import fs from 'fs';
const key = await openpgp.readPrivateKey({armoredKey: fs.readFileSync(process.argv[2], 'utf8')});
const message = await openpgp.readMessage({armoredMessage: fs.readFileSync(process.argv[1], 'utf8')});
const opened = await openpgp.decrypt({message, decryptionKeys: key, format: 'binary',
    config: {rejectPublicKeyAlgorithms: new Set(), minRSABits: 1024, rejectCurves: new Set()}});
process.stdout.write(opened.data);"""


def main() -> int:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, translation.override("en"):
        shop = Workshop(Path(folder), openpgpjs_in(Path(folder) / "js"))
        rows = [row for kind in (*TAKEN, *REFUSED) for row in _rows(kind, shop)]
    say = partial(print, file=sys.stdout)
    say(f"gpg {_version('gpg')}; OpenPGP.js {_of_npm(shop)}; {_version('sq') or 'sq skipped'}\n")
    say("| # | kind | import | message encrypted | gpg | OpenPGP.js | Sequoia |\n| --- " + "| --- " * 6 + "|")
    for number, (_is_right, cells) in enumerate(rows, start=1):
        say(f"| {number} | " + " | ".join(cells) + " |")
    wrong = sum(not is_right for is_right, _cells in rows)
    say(f"\n{len(rows)} kinds, {wrong} not as expected.")
    return 1 if wrong else 0


def _rows(kind: Kind, shop: Workshop) -> Iterator[tuple[bool, list[str]]]:
    if (kind.needs == "openpgp.js" and not shop.openpgpjs) or (kind.needs == "sq" and not shutil.which("sq")):
        yield True, [kind.name, f"{SKIPPED}: no {kind.needs}", NONE, NONE, NONE, NONE]
        return
    made = kind.make(shop)
    settings.OPERATOR_KEY_FILE = [shop.folder / "operator.asc"]
    try:
        certificate = operator_key.usable_certificate_in(made.file)
    except operator_key.OperatorKeyUnusable as error:
        is_right = bool(kind.refused and re.search(kind.refused, str(error)))
        yield is_right, [kind.name, f"refused: {error}".replace("|", "/"), NONE, NONE, NONE, NONE]
        return
    operator_key.put_into_place(certificate)
    sealed, _to = operator_key.encrypt(
        message.build(FIELDS, reference="K7M-4QX-9PT", received_at=datetime.now(UTC), reply_to="")
    )
    weak = operator_key.weakness(certificate)
    opened = _opened(sealed, made, shop)
    is_right = not kind.refused and bool(weak) == kind.is_weak and opened[0] == "yes"
    yield is_right, [kind.name, "taken, with a warning" if weak else "taken", "yes", *opened]


def _opened(sealed: bytes, made: Made, shop: Workshop) -> list[str]:
    text, key = shop.folder / "message.asc", shop.folder / "secret.asc"
    text.write_bytes(sealed)
    key.write_bytes(made.secret)
    with shop.home() as home:
        by_gpg = _by_gpg(home, text, key)
    return [by_gpg, _by_openpgpjs(shop, text, key), _by_sequoia(text, key)]


def _by_gpg(home: Home, text: Path, key: Path) -> str:
    home.run("--import", str(key))
    return _told(["gpg", "--homedir", str(home.path), "--batch", "-d", str(text)])


def _by_openpgpjs(shop: Workshop, text: Path, key: Path) -> str:
    if not shop.openpgpjs:
        return SKIPPED
    return _told(["node", "--input-type=module", "-e", DECRYPT, str(text), str(key)], folder=shop.openpgpjs)


def _by_sequoia(text: Path, key: Path) -> str:
    return _told(["sq", "decrypt", "--recipient-key", str(key), str(text)]) if shutil.which("sq") else SKIPPED


def _told(command: list[str], folder: Path | None = None) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    if done.returncode == 0 and WORD.encode() in done.stdout:
        return "yes"
    said = [line.strip() for line in done.stderr.decode(errors="replace").splitlines()]
    return f"no: {next((line for line in said if 'Error:' in line), '')} {said[-1]}".replace("|", "/")


def _version(program: str) -> str:
    if not shutil.which(program):
        return ""
    done = subprocess.run([program, "--version"], capture_output=True, check=False)
    return done.stdout.decode().splitlines()[0]


def _of_npm(shop: Workshop) -> str:
    return "6 (npm)" if shop.openpgpjs else "skipped: no npm"


if __name__ == "__main__":
    sys.exit(main())
