"""What must be so before anybody is served: sole use of address and data, a database that fits, sound settings."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import FileIO
from pathlib import Path
from socket import socket

from django.conf import settings
from django.core import checks
from django.core.management.base import CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from sitebackend import node
from sitebackend.checks import SITE
from sitebackend.http import failover_cache
from sitebackend.instance import Address, AlreadyRunning, hold_address, hold_folder
from sitebackend.management.serving import Plan


@contextmanager
def held(address: Address | None) -> Iterator[None]:
    """Hold the data directory, and the address if there is one.

    Raises CommandError if either is taken or out of reach.
    """
    with ExitStack() as stack:
        if address:
            stack.enter_context(_held_address(address))
        stack.enter_context(_held_folder(settings.DATA_DIR))
        yield


def prepare(plan: Plan) -> list[str]:
    """What must be so before anybody is served; gives warnings, one line each. Raises CommandError."""
    try:
        _refuse_without_migrations()
        node.occupy()
        found = checks.run_checks(tags=[SITE], include_deployment_checks=True, databases=["default"])
    except DatabaseError as error:
        reason = type(error).__name__
        raise CommandError(
            _("The database does not answer ({reason}). See DATABASE_URL.").format(reason=reason)
        ) from error
    if not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        raise CommandError(_("Static files are missing. Run: manage.py collectstatic --no-input"))
    if errors := [message for message in found if message.is_serious()]:
        raise CommandError("\n".join(_one_line(message) for message in errors))
    return [_one_line(message) for message in found] + _limits_are_counted_apart(plan)


def _refuse_without_migrations() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError(_("The database is not up to date. Make a backup, then run: manage.py migrate"))


def _one_line(message: checks.CheckMessage) -> str:
    return " ".join(f"{message.id}: {message.msg} {message.hint or ''}".split())


def _limits_are_counted_apart(plan: Plan) -> list[str]:
    if (cache := failover_cache.shared()) and not cache.answers():
        return [_("The shared cache does not answer: each process counts limits and failed logins for itself.")]
    if plan.processes == 1 or cache:
        return []
    return [_("Each web process counts limits and failed logins for itself: set CACHE_URL to a shared cache.")]


def _held_address(address: Address) -> socket:
    try:
        return hold_address(address)
    except AlreadyRunning as error:
        raise CommandError(_("{address} is taken: another program listens there.").format(address=address)) from error
    except OSError as error:
        raise CommandError(f"{address}: {error.strerror}") from error


def _held_folder(folder: Path) -> FileIO:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return hold_folder(folder)
    except AlreadyRunning as error:
        raise CommandError(_("Another instance serves {folder} already.").format(folder=folder)) from error
    except OSError as error:
        reason = error.strerror
        raise CommandError(
            _("{folder} cannot be written to ({reason}). See DATA_DIR.").format(folder=folder, reason=reason)
        ) from error
