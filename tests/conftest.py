"""What every test may use: a real operator key, a server key, a clean cache."""

from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection
from django.utils import translation
from pytest_django import Settings
from pytest_django.plugin import blocking_manager_key

from sitebackend.crypto import openpgp, server_key
from sitebackend.privacy import chain_head, high_water
from tests.running_site import RunningSite, site
from tests.skips import pytest_make_collect_report as pytest_make_collect_report
from tests.skips import pytest_runtest_makereport as pytest_runtest_makereport
from tests.skips import pytest_terminal_summary as pytest_terminal_summary

PASSPHRASE = "correct horse battery staple"

# How long a test takes depends on what else the machine does; speed is measured in tests/load/.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that really commits leaves an empty database behind: nothing of Django's own may be put there."""
    for item in filter(_commits, items):
        item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True), append=False)


def _commits(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction"))


@pytest.fixture(scope="session")
def key_pair() -> tuple[bytes, bytes]:
    """A real operator key as armoured (public, secret) bytes; its passphrase is PASSPHRASE."""
    return openpgp.generate("Operator (test) <operator@example.de>", passphrase=PASSPHRASE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, None, None]:
    """After a test that really committed, what the migrations made is put back for whichever comes next.

    A fixture would be too early: pytest-django empties the database when the last of them has ended.
    """
    yield
    if nextitem is None:  # the database itself is gone
        return
    if not _commits(item) and "transactional_db" not in getattr(item, "fixturenames", ()):
        return
    with item.config.stash[blocking_manager_key].unblock():
        connection.creation.deserialize_db_from_string(connection._test_serialized_contents)
    ContentType.objects.clear_cache()


@pytest.fixture(scope="session", autouse=True)
def _server_key() -> None:
    server_key.ensure()


@pytest.fixture(autouse=True)
def _clean_cache() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _no_number_given_before() -> None:
    """The database begins anew with each test; so does what lies beside it."""
    for name in (*high_water.NAMES, chain_head.FILE_NAME):
        (Path(settings.DATA_DIR) / "journal" / name).unlink(missing_ok=True)


@pytest.fixture
def operator_key(key_pair: tuple[bytes, bytes], settings: Settings, tmp_path: Path) -> Path:
    """The operator key's public file, in place."""
    path = tmp_path / "operator.asc"
    path.write_bytes(key_pair[0])
    settings.OPERATOR_KEY_FILE = [path]
    return path


@pytest.fixture
def data_dir() -> Path:
    """The folder that the tested site keeps its files in."""
    return Path(settings.DATA_DIR)


@pytest.fixture
def journal_folder(settings: Settings, tmp_path: Path) -> Path:
    """An empty journal, in a data folder of its own."""
    settings.DATA_DIR = tmp_path
    server_key.ensure()
    return tmp_path / "journal"


@pytest.fixture
def in_english() -> Iterator[None]:
    """Refusals in the language of their source, whatever the translation says."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session")
def running_site() -> Iterator[RunningSite]:
    """One site for all browser tests and journeys of this run, at its most talkative: its log must hold nobody."""
    with site(LOG_LEVEL="DEBUG") as running:
        yield running
