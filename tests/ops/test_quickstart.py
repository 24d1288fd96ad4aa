"""`quickstart` from nothing: real processes in empty places."""

import hashlib
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sitebackend.crypto import openpgp
from tests.ops.conftest import Place
from tests.running_site import ROOT

NAMES = {
    "url",
    "admin_username",
    "admin_password",
    "vault_passphrase",
    "recovery_key",
    "operator_key_fingerprint",
    "operator_key_passphrase",
}
SECRETS = NAMES - {"url", "admin_username", "operator_key_fingerprint"}
Made = tuple[Place, subprocess.CompletedProcess[str]]


def contents(folder: Path) -> dict[str, str]:
    """Every file below the folder with its digest; SQLite's own side files aside."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-wal", "-shm")))
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_json_is_all_that_stands_on_standard_output(made_once: Made) -> None:
    assert json.loads(made_once[1].stdout).keys() == NAMES


def test_it_tells_its_progress_on_standard_error(made_once: Made) -> None:
    assert made_once[1].stderr.splitlines()[0] == "· Serverschlüssel"


def test_every_secret_is_another_one(made_once: Made) -> None:
    told = json.loads(made_once[1].stdout)
    assert len({told[name] for name in SECRETS}) == len(SECRETS)
    assert all(len(told[name]) >= 24 for name in SECRETS)


def test_a_second_run_changes_no_file_and_tells_no_secret(made: Place) -> None:
    made.run("quickstart", "--no-serve", "--json")  # the site is a copy: it takes its new place
    before = contents(made.folder)
    done = made.run("quickstart", "--no-serve", "--json")
    assert json.loads(done.stdout).keys() == NAMES - SECRETS
    assert contents(made.folder) == before


def test_no_secret_is_left_on_the_disk(made_once: Made) -> None:
    place, done = made_once
    told = json.loads(done.stdout)
    for path in place.folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not [name for name in SECRETS if told[name].encode() in content], path


def test_keys_and_data_are_for_this_user_alone(made_once: Made) -> None:
    place, _done = made_once
    assert place.data.stat().st_mode & 0o077 == 0
    keys = [place.data / "keys" / name for name in ("server.key", "operator.asc", "operator-secret.asc")]
    assert [path.stat().st_mode & 0o777 for path in keys] == [0o600] * 3


def test_the_key_is_marked_as_one_for_trying_out_and_opens_with_its_passphrase(made_once: Made, tmp_path: Path) -> None:
    place, done = made_once
    told = json.loads(done.stdout)
    certificate = openpgp.inspect((place.data / "keys" / "operator.asc").read_bytes())
    assert certificate.fingerprint == told["operator_key_fingerprint"]
    assert certificate.user_ids == ("Probeschlüssel <operator@example.de>",)
    keyring = openpgp.write_keyring([certificate], tmp_path)
    sealed = openpgp.encrypt("Grüße 🙂".encode(), keyring=keyring, fingerprints=[certificate.fingerprint])
    secret = (place.data / "keys" / "operator-secret.asc").read_bytes()
    passphrase = told["operator_key_passphrase"]
    assert openpgp.decrypt(sealed, secret_key=secret, passphrase=passphrase) == "Grüße 🙂".encode()


def test_the_vault_is_pinned_in_the_settings(made_once: Made) -> None:
    place, _done = made_once
    assert re.search(r"^VAULT_FINGERPRINT=[0-9a-f]{64}$", place.env_file.read_text(), re.M)


def test_without_json_it_says_in_german_what_it_made_and_where(place: Place) -> None:
    done = place.run("quickstart", "--no-serve")
    assert "Alles ist zum Ausprobieren bereit." in done.stdout
    assert re.search(r"Benutzername +admin\n", done.stdout)
    assert re.search(r"Passwort +[a-z0-9]{4}(-[a-z0-9]{4}){4}\n", done.stdout)
    assert str(place.data) in done.stdout
    assert str(place.env_file) in done.stdout


def test_without_any_setting_everything_lies_in_env_and_var(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns(".*", "var", "__pycache__", "tests")
    tree = Path(shutil.copytree(ROOT, tmp_path / "tree", ignore=ignored))
    before = contents(tree)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, str(tree / "manage.py"), "quickstart", "--no-serve", "--json"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout).keys() == NAMES
    made = contents(tree).keys() - before.keys()
    assert {name.partition("/")[0] for name in made} == {".env", "var"}


def test_a_first_run_that_was_cut_short_is_finished_by_the_second(place: Place) -> None:
    for line in ("· Datenbank", "· statische Dateien", "· Anmeldung", "· Tresor", "· Startseiten"):
        kill_after(place, line)
    done = place.run("quickstart", "--no-serve", "--json")
    assert json.loads(done.stdout).keys() == NAMES
    with sqlite3.connect(place.data / "site.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM sitebackend_operator").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM vault_vault").fetchone() == (1,)
    database.close()
    assert not (place.data / "keys" / "first-run.json").exists()


def kill_after(place: Place, line: str) -> None:
    """Run quickstart and kill it hard as soon as it says that it begins with `line`."""
    process = place.start("quickstart", "--no-serve", "--json")
    assert process.stderr
    for said in process.stderr:
        if said.startswith(line):
            process.kill()
    process.communicate()
    assert process.returncode == -9


def test_secrets_of_a_run_that_was_cut_short_are_told_by_the_next(place: Place) -> None:
    kill_after(place, "· Startseiten")
    waiting = json.loads((place.data / "keys" / "first-run.json").read_text())
    assert (place.data / "keys" / "first-run.json").stat().st_mode & 0o777 == 0o600
    told = json.loads(place.run("quickstart", "--no-serve", "--json").stdout)
    assert waiting.items() <= told.items()
    assert waiting.keys() == SECRETS


def test_half_copied_static_files_are_copied_anew(made: Place) -> None:
    (made.data / "static" / "staticfiles.json").unlink()
    victim = made.data / "static" / "admin" / "css" / "base.css"
    victim.write_text("half")
    made.run("quickstart", "--no-serve")
    assert len(victim.read_text()) > 1000


@pytest.mark.parametrize("arguments", [("--json",), ()])
def test_a_taken_port_is_told_in_one_line_before_anything_slow(place: Place, arguments: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        done = place.run("quickstart", "--bind", address, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"CommandError: {address} ist belegt: .*\n", done.stderr)
    assert not (place.data / "site.sqlite3").exists()


def test_a_missing_gpg_is_told_in_one_line(place: Place) -> None:
    done = place.run("quickstart", "--no-serve", PATH="/nowhere")
    assert done.returncode == 1
    assert done.stderr == (
        "CommandError: Das Programm gpg fehlt. Installieren Sie GnuPG 2.2 oder neuer: apt install gnupg\n"
    )
    assert not (place.data / "site.sqlite3").exists()


def test_a_data_folder_that_cannot_be_written_is_told_in_one_line(place: Place) -> None:
    done = place.run("quickstart", "--no-serve", DATA_DIR="/proc/nowhere")
    assert done.returncode == 1
    assert re.fullmatch(r"CommandError: /proc/nowhere ist nicht beschreibbar \(.*\)\. .*DATA_DIR\.\n", done.stderr)


def test_a_settings_file_that_cannot_be_written_is_told_in_one_line(place: Place) -> None:
    done = place.run("quickstart", "--no-serve", ENV_FILE="/proc/nowhere/.env")
    assert done.returncode == 1
    assert re.fullmatch(r"/proc/nowhere/\.env: No such file or directory\. .*\n", done.stderr)


def test_a_wrong_address_is_wrong_use_and_makes_nothing(place: Place) -> None:
    done = place.run("quickstart", "--bind", "8000")
    assert done.returncode == 2
    assert "127.0.0.1:8000" in done.stderr
    assert not place.env_file.exists()


def test_help_makes_nothing(place: Place) -> None:
    done = place.run("quickstart", "--help")
    assert done.returncode == 0
    assert "--no-serve" in done.stdout
    assert not place.env_file.exists()
    assert not place.data.exists()


def test_a_key_of_the_operators_own_is_kept(place: Place, key_pair: tuple[bytes, bytes]) -> None:
    own = place.folder / "mine.asc"
    own.write_bytes(key_pair[0])
    done = place.run("quickstart", "--no-serve", "--json", OPERATOR_KEY_FILE=str(own))
    told = json.loads(done.stdout)
    assert told["operator_key_fingerprint"] == openpgp.inspect(key_pair[0]).fingerprint
    assert "operator_key_passphrase" not in told
    assert own.read_bytes() == key_pair[0]


def test_a_vault_made_anew_is_pinned_anew(made: Place) -> None:
    old = made.env_file.read_text()
    shutil.rmtree(made.data)
    told = json.loads(made.run("quickstart", "--no-serve", "--json").stdout)
    assert told.keys() == NAMES
    lines = made.env_file.read_text().splitlines()
    assert len([line for line in lines if line.startswith("VAULT_FINGERPRINT=")]) == 1
    assert made.env_file.read_text() != old
