"""`.env`: made once, for this machine's eyes only, and never over the operator's own."""

from pathlib import Path

import pytest

from sitebackend import environment


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SITE_URL", "SECRET_KEY", "OPERATOR_EMAIL", "EMAIL_URL", "MAIL_FROM", "ADMIN_SECOND_FACTOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ENV_FILE", str(tmp_path / ".env"))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "var"))
    return tmp_path / ".env"


def values_in(file: Path) -> dict[str, str]:
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_it_holds_what_the_settings_require(env_file: Path, tmp_path: Path) -> None:
    environment.ensure([])
    values = values_in(env_file)
    assert len(values.pop("SECRET_KEY")) >= 50
    assert values == {
        "SITE_URL": "http://127.0.0.1:8000",
        "OPERATOR_EMAIL": "operator@example.de",
        "EMAIL_URL": f"filemail://{tmp_path}/var/mail",
        "ADMIN_SECOND_FACTOR": "optional",
    }


def test_nobody_else_on_the_machine_can_read_it(env_file: Path) -> None:
    environment.ensure([])
    assert env_file.stat().st_mode & 0o777 == 0o600


def test_two_sites_have_two_secret_keys(env_file: Path) -> None:
    environment.ensure([])
    first = values_in(env_file)["SECRET_KEY"]
    env_file.unlink()
    environment.ensure([])
    assert values_in(env_file)["SECRET_KEY"] != first


def test_an_existing_file_is_left_byte_for_byte(env_file: Path) -> None:
    env_file.write_bytes(b"SITE_URL=https://www.example.org\r\n# mine\n")
    environment.ensure(["--bind", "127.0.0.1:8106"])
    assert env_file.read_bytes() == b"SITE_URL=https://www.example.org\r\n# mine\n"


@pytest.mark.parametrize(
    ("bind", "url"),
    [
        ("127.0.0.1:8106", "http://127.0.0.1:8106"),
        ("localhost:80", "http://localhost:80"),
        ("[::1]:8106", "http://[::1]:8106"),
        ("0.0.0.0:8106", "http://127.0.0.1:8106"),
        ("192.0.2.7:8106", "http://127.0.0.1:8106"),
    ],
)
def test_the_site_is_where_it_is_bound_but_never_beyond_this_machine(env_file: Path, bind: str, url: str) -> None:
    environment.ensure(["--no-serve", "--bind", bind])
    assert values_in(env_file)["SITE_URL"] == url


def test_what_the_environment_gives_is_not_written_down(
    env_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPERATOR_EMAIL", "somebody@example.org")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "secret"))
    environment.ensure([])
    assert values_in(env_file).keys() == {"SITE_URL", "EMAIL_URL", "ADMIN_SECOND_FACTOR"}


def test_asking_for_help_writes_nothing(env_file: Path) -> None:
    environment.ensure(["--help"])
    assert list(env_file.parent.iterdir()) == []


def test_no_half_file_is_left_beside_it(env_file: Path) -> None:
    environment.ensure([])
    environment.remember("VAULT_FINGERPRINT", "ab12")
    assert list(env_file.parent.iterdir()) == [env_file]


def test_whoever_makes_it_second_keeps_the_file_of_the_first(env_file: Path) -> None:
    environment._create("SITE_URL=http://127.0.0.1:1\n")
    environment._create("SITE_URL=http://127.0.0.1:2\n")
    assert env_file.read_text() == "SITE_URL=http://127.0.0.1:1\n"


def test_a_remembered_setting_takes_the_place_of_its_older_value(env_file: Path) -> None:
    environment.ensure([])
    before = values_in(env_file)
    assert environment.remember("VAULT_FINGERPRINT", "ab12")
    assert environment.remember("VAULT_FINGERPRINT", "cd34")
    assert values_in(env_file) == {**before, "VAULT_FINGERPRINT": "cd34"}
    assert env_file.stat().st_mode & 0o777 == 0o600


def test_a_setting_that_stands_there_already_changes_nothing(env_file: Path) -> None:
    environment.ensure([])
    environment.remember("VAULT_FINGERPRINT", "ab12")
    before = env_file.stat()
    assert not environment.remember("VAULT_FINGERPRINT", "ab12")
    assert env_file.stat() == before


def test_a_file_without_a_last_line_end_keeps_its_last_setting(env_file: Path) -> None:
    env_file.write_text("SITE_URL=http://127.0.0.1:8000\nMAIL_FROM=site@example.de")
    environment.remember("VAULT_FINGERPRINT", "ab12")
    assert values_in(env_file)["MAIL_FROM"] == "site@example.de"
    assert values_in(env_file)["VAULT_FINGERPRINT"] == "ab12"


def test_a_folder_that_cannot_be_written_is_an_error(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENV_FILE", "/proc/nowhere/.env")
    with pytest.raises(OSError, match="No such file"):
        environment.ensure([])
