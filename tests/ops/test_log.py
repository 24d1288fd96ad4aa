"""Log lines without anybody's data."""

import logging
import sys
from collections.abc import Iterator

import pytest

from sitebackend.log import PrivateFormatter

DATA = "Key (email)=(erika@example.de) already exists"


def line_of(name: str, message: str, *args: object, exc_info: object = None) -> str:
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, message, args, exc_info)  # type: ignore[arg-type]
    return PrivateFormatter().format(record)


def raised(error: Exception, cause: Exception | None = None) -> object:
    try:
        raise error from cause
    except Exception:
        return sys.exc_info()


def test_of_an_exception_class_and_frames_are_kept_and_the_message_is_not() -> None:
    line = line_of("contact", "could not store", exc_info=raised(ValueError(DATA)))
    assert "could not store\nbuiltins.ValueError\n  " in line
    assert f"{__file__}:" in line
    assert "erika" not in line


def test_of_its_causes_only_the_classes_are_kept() -> None:
    line = line_of("contact", "could not store", exc_info=raised(RuntimeError(DATA), KeyError(DATA)))
    assert "builtins.RuntimeError from builtins.KeyError" in line
    assert "erika" not in line


def test_a_traceback_that_another_handler_formatted_is_not_reused() -> None:
    info = raised(ValueError(DATA))
    record = logging.LogRecord("contact", logging.ERROR, __file__, 1, "failed", (), info)  # type: ignore[arg-type]
    logging.Formatter().format(record)
    assert "erika" not in PrivateFormatter().format(record)


def test_django_names_no_path() -> None:
    line = line_of("django.request", "Internal Server Error: %s", "/kontakt/danke/geheim/")
    assert line.endswith("ERROR django.request request failed")


@pytest.mark.parametrize("name", ["_granian", "_granian.utils"])
def test_of_the_http_server_only_the_first_line_is_kept(name: str) -> None:
    line = line_of(name, f"Application callable raised an exception\nTraceback …\nValueError: {DATA}")
    assert line.endswith(f"ERROR {name} Application callable raised an exception")


def test_our_own_lines_are_kept() -> None:
    assert line_of("contact", "%d mails wait", 3).endswith("ERROR contact 3 mails wait")


@pytest.fixture
def written(settings: object) -> Iterator[list[str]]:
    """What the loggers of the settings write to standard error."""
    from django.conf import settings as real

    lines: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(PrivateFormatter().format(record))

    handler = Collect()
    logging.config.dictConfig(real.LOGGING)
    logging.getLogger().addHandler(handler)
    yield lines
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize(
    ("name", "level"),
    [("django.security.DisallowedHost", "error"), ("axes.attempts", "warning"), ("django.server", "info")],
)
def test_loggers_that_name_visitors_are_silent(written: list[str], name: str, level: str) -> None:
    getattr(logging.getLogger(name), level)("erika@example.de from 192.0.2.7")
    assert written == []
