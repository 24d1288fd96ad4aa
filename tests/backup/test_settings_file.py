"""After the fire the settings are in the backup, wherever they were given."""

from pathlib import Path

import environ
import pytest
from pytest_django import Settings

from sitebackend.backup import settings_file


@pytest.fixture
def env_file(settings: Settings, tmp_path: Path) -> Path:
    file = tmp_path / ".env"
    settings.ENV_FILE = file
    settings.SETTINGS_GIVEN = {}
    return file


def read_back(content: bytes, tmp_path: Path) -> dict[str, str]:
    """As the site reads it at its next start."""
    file = tmp_path / "restored"
    file.write_bytes(content)

    class Environment(environ.Env):
        ENVIRON: dict[str, str] = {}

    Environment.read_env(file)
    return Environment.ENVIRON


def test_a_file_that_has_everything_is_taken_as_it_is(env_file: Path, settings: Settings) -> None:
    env_file.write_text("# mine\nSITE_URL=https://www.example.de\n")
    settings.SETTINGS_GIVEN = {"SITE_URL": "https://www.example.de"}
    assert settings_file.content() == env_file.read_bytes()


@pytest.mark.parametrize(
    "value",
    ["plain", "a b#c", "it's", 'say "a"', '"a"', "'", "'a'", "back\\slash", "a\\nb", "smtp://u:p@ss=w@h:1/?x=1"],
)
def test_what_was_given_elsewhere_is_read_back_as_it_was(
    env_file: Path, settings: Settings, tmp_path: Path, value: str
) -> None:
    settings.SETTINGS_GIVEN = {"EMAIL_URL": value}
    assert read_back(settings_file.content(), tmp_path) == {"EMAIL_URL": value}


def test_a_secret_from_a_file_of_its_own_is_inside_and_the_file_is_not_asked_for(
    env_file: Path, settings: Settings, tmp_path: Path
) -> None:
    env_file.write_text("SECRET_KEY_FILE=/run/secrets/key\nOPERATOR_KEY_FILE=/etc/key.asc\n")
    settings.SETTINGS_GIVEN = {"SECRET_KEY": "from the file", "OPERATOR_KEY_FILE": "/etc/key.asc"}
    assert read_back(settings_file.content(), tmp_path) == {
        "SECRET_KEY": "from the file",
        "OPERATOR_KEY_FILE": "/etc/key.asc",
    }


def test_where_the_new_machine_keeps_its_data_stays_its_own_affair(
    env_file: Path, settings: Settings, tmp_path: Path
) -> None:
    env_file.write_text("DATABASE_URL=postgres://new\nSITE_URL=http://localhost\n")
    restored = b"DATA_DIR=/burned\nDATABASE_URL=postgres://burned\nSITE_URL=https://www.example.de\n"
    assert read_back(settings_file.for_this_machine(restored), tmp_path) == {
        "SITE_URL": "https://www.example.de",
        "DATABASE_URL": "postgres://new",
    }
