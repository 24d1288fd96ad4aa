"""Whoever is not the account of the data is refused before anything is made; what an earlier one left is told.

Real processes under real accounts, which only root can start. They may read everything, for Python itself may lie
where only root looks, and write only what is theirs.
"""

import json
import os
import pwd
import shlex
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sitebackend.system import data_owner
from tests.ops.conftest import Place
from tests.ops.test_serve import answers, until
from tests.running_site import PATIENCE, ROOT, free_port

NAMED = pwd.getpwnam("nobody").pw_uid
NAMELESS, ANOTHER = 54321, 54322
COMMANDS = (
    "status",
    "worker --once",
    "serve",
    "quickstart --no-serve",
    "backup create",
    "vault status",
    "operator_key import key.asc",
    "retention run --yes",
    "subject erase --email 'x y@example.de' --yes abc",
    "import_wordpress export.xml",
    "demo_data --customers 1",
    "migrate --no-input",
    "collectstatic --no-input",
    "check --database default",
    "shell -c pass",
)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only as root")


def as_account(uid: int, command: list[str]) -> list[str]:
    caps = [f"--{kind}=-all,+dac_read_search" for kind in ("inh-caps", "ambient-caps", "bounding-set")]
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *caps, *command]


def run_as(uid: int, place: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        as_account(uid, place.command(*arguments)),
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def give(folder: Path, uid: int) -> None:
    """Gpg drops the capability that Python reads with here: it must be able to walk to the folder by itself."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, uid, uid)
    for above in folder.parents:
        if above.stat().st_uid == os.geteuid() and above.is_relative_to(tempfile.gettempdir()):
            above.chmod(above.stat().st_mode | 0o011)


def everything(folder: Path) -> dict[str, tuple[Any, ...]]:
    facts = {path: path.lstat() for path in (folder, *folder.rglob("*"))}
    return {str(path): (fact.st_uid, fact.st_mode, fact.st_size, fact.st_mtime_ns) for path, fact in facts.items()}


def stray_findings(output: str) -> list[dict[str, Any]]:
    return [finding for finding in json.loads(output)["findings"] if finding["code"].startswith("files.")]


@pytest.fixture
def theirs(made: Place) -> Place:
    """A site that belongs to an account without a name."""
    give(made.folder, NAMELESS)
    return made


@pytest.fixture(scope="module")
def named(made_once: tuple[Place, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A site that belongs to an account with a name."""
    copy = Place(tmp_path_factory.mktemp("named") / "copy")
    subprocess.run(["cp", "-a", str(made_once[0].folder), str(copy.folder)], check=True)
    give(copy.folder, NAMED)
    return copy


@pytest.mark.parametrize("typed", COMMANDS)
def test_root_is_refused_and_leaves_nothing(named: Place, typed: str) -> None:
    before = everything(named.folder)
    ended = named.run(*shlex.split(typed))
    (line,) = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"{named.data} belongs to nobody" in line
    assert line.endswith(f"sudo -u nobody --preserve-env=DATA_DIR,ENV_FILE uv run {ROOT}/manage.py {typed}")
    assert everything(named.folder) == before


def test_an_account_without_a_name_is_told_by_its_number(theirs: Place) -> None:
    assert "Run: sudo -u '#54321' " in theirs.run("status").stderr


def test_any_other_account_is_refused_as_well(theirs: Place) -> None:
    before = everything(theirs.folder)
    ended = run_as(ANOTHER, theirs, "status")
    assert ended.returncode == 1
    assert "belongs to #54321, and a file that #54322 leaves there" in ended.stderr
    assert everything(theirs.folder) == before


def test_the_account_itself_may(theirs: Place) -> None:
    ended = run_as(NAMELESS, theirs, "status", "--json")
    assert stray_findings(ended.stdout) == []
    assert {path.stat().st_uid for path in theirs.data.rglob("*")} == {NAMELESS}


@pytest.mark.parametrize("typed", ["help", "status --help", "version", "quickstart --help"])
def test_what_touches_nothing_may_be_asked_by_anybody(theirs: Place, typed: str) -> None:
    before = everything(theirs.folder)
    assert theirs.run(*shlex.split(typed)).returncode == 0
    assert everything(theirs.folder) == before


def test_quickstart_beside_another_account_s_data_makes_no_settings(theirs: Place) -> None:
    theirs.env_file.unlink()
    ended = theirs.run("quickstart", "--no-serve")
    assert (ended.returncode, theirs.env_file.exists()) == (1, False)
    assert "sudo -u '#54321'" in ended.stderr


def test_a_database_elsewhere_counts_too(theirs: Place, tmp_path: Path) -> None:
    database = tmp_path / "elsewhere.sqlite3"
    (theirs.data / "site.sqlite3").rename(database)
    give(theirs.data, 0)
    ended = theirs.run("status", DATABASE_URL=f"sqlite:///{database}")
    assert ended.returncode == 1
    assert f"{database} belongs to #54321" in ended.stderr
    assert "--preserve-env=DATABASE_URL,DATA_DIR,ENV_FILE" in ended.stderr


@pytest.mark.parametrize(
    ("owners", "whose"),
    [
        ({}, None),
        ({"": 0}, 0),
        ({"": NAMED}, NAMED),
        ({"": 0, "site.sqlite3": NAMED}, NAMED),
        ({"": 0, "media": NAMED}, NAMED),  # PostgreSQL: no database among the files
        ({"": NAMED, "site.sqlite3": 0}, NAMED),  # root's stray is no title
        ({"": NAMED, "media": ANOTHER}, NAMED),
    ],
)
def test_whose_the_data_are(tmp_path: Path, owners: dict[str, int], whose: int | None) -> None:
    folder = tmp_path / "var"
    for name, owner in owners.items():
        (folder / name).mkdir()
        os.chown(folder / name, owner, owner)
    database = folder / "site.sqlite3" if "site.sqlite3" in owners else None
    if whose in (None, 0):
        data_owner.require(["manage.py", "status"], folder=folder, database=database, names=[])
        return
    with pytest.raises(data_owner.NotTheOwner, match=r"uv run manage\.py status$"):
        data_owner.require(["manage.py", "status"], folder=folder, database=database, names=[])


def test_what_root_once_left_is_told_with_the_way_out(theirs: Place) -> None:
    stray = theirs.data / "keys" / "left by root"
    stray.touch(mode=0o600)
    (finding,) = stray_findings(run_as(NAMELESS, theirs, "status", "--json").stdout)
    assert (finding["code"], finding["level"], finding["stops_intake"]) == ("files.strays", "warning", False)
    assert str(stray) in finding["text"]
    checked = run_as(NAMELESS, theirs, "check", "--deploy")
    assert "sitebackend.W011" in checked.stderr
    chown = f"sudo chown -R 54321 {theirs.data}"
    assert chown in finding["next_step"]
    assert chown in checked.stderr
    subprocess.run(shlex.split(chown)[1:], check=True)
    assert stray_findings(run_as(NAMELESS, theirs, "status", "--json").stdout) == []


@pytest.mark.parametrize("name", ["write.lock", "site.sqlite3", "site.sqlite3-wal"])
def test_what_closes_the_form_is_an_alarm(theirs: Place, name: str) -> None:
    stray = theirs.data / name
    stray.touch(mode=0o600)
    stray.chmod(0o600)
    os.chown(stray, 0, 0)
    (finding,) = stray_findings(run_as(NAMELESS, theirs, "status", "--json").stdout)
    assert (finding["code"], finding["level"], finding["stops_intake"]) == ("files.out_of_reach", "alarm", True)
    assert str(stray) in finding["text"]


def test_readyz_is_red_exactly_while_the_form_is_closed(theirs: Place) -> None:
    lock, address = theirs.data / "write.lock", f"127.0.0.1:{free_port()}"
    command = as_account(NAMELESS, theirs.command("serve", "--no-worker", "--bind", address))
    with subprocess.Popen(command, env=theirs.environment) as server:
        until(lambda: answers(address))
        try:
            lock.touch()
            os.chown(lock, 0, 0)
            lock.chmod(0o600)
            assert readiness(address) == (503, ["files.out_of_reach"])
            os.chown(lock, NAMELESS, NAMELESS)
            assert readiness(address) == (200, [])
        finally:
            server.terminate()


def readiness(address: str) -> tuple[int, list[str]]:
    try:
        with urllib.request.urlopen(f"http://{address}/readyz", timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)["codes"]
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["codes"]
