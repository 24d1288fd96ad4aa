"""Every place of the product that destroys something is found by search and judged: by time it asks the clock first."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from sitebackend.backup import services as backup
from sitebackend.management import rehearsal
from sitebackend.management.commands.worker import BY_TIME, LONG, MAIL, SHORT
from sitebackend.monitoring import clock
from sitebackend.privacy import erasure
from sitebackend.privacy.services import execution

ROOT = Path(__file__).parents[2]
VERBS = {"delete", "_raw_delete", "unlink", "rmtree", "rmdir", "remove_files", "erase_on_request"}

#: By the clock: each is a job that rests while the clock is in doubt, or asks the clock itself.
JOBS = {
    "contact.spam.learning:forget_overdue",
    "sitebackend.backup.restore:forget_old_state",
    "sitebackend.cockpit.browsers:sweep",
    "sitebackend.cockpit.idempotency:sweep",
    "sitebackend.mail.services:sweep",
    "sitebackend.pages.services:empty_trash",
    "sitebackend.pages.services:forget_dead_links",
    "sitebackend.pages.services:remove_stray_files",
    "sitebackend.privacy.services.answer:sweep",
    "sitebackend.privacy.trail:sweep",
    "sitebackend.vault.services:sweep",
}
ASKS = {"sitebackend.backup.services:prune"}

#: By an erasure, of a request or of retention: `erasure` asks the clock before the first of them.
ERASURE = {
    "contact.personal_data:Submissions.erase",
    "customers.models.billing:BillingQuerySet.erase_on_request",
    "customers.personal_data.billing:BillingDocuments.erase",
    "customers.personal_data.customer:TechnicalData.erase",
    "customers.services.register:erase_customer",
    "sitebackend.mail.personal_data:OutgoingMails.erase",
    "sitebackend.mail.services:forget",
    "sitebackend.privacy.papers.personal_data:Breaches.erase",
    "sitebackend.privacy.personal_data:Requests.erase",
    "sitebackend.privacy.restriction.services:forget",
}

_PERSON = "somebody says so, in this moment"
_OWN = "what this run made itself, or what a killed one left"
_RESTORE = "a step of a restore, which somebody started; what it replaces is kept beside"
_KEYS = "a key or a session that somebody ends or replaces"
#: Not by the clock, and why.
OTHERS = {
    "contact.key_change:discard": _PERSON,
    "contact.key_change:prove": "a trial whose word was typed",
    "contact.key_trials:begin": "an earlier trial of the same key, and of another that waits",
    "contact.key_watch:_watch_all": "memory of a key file that is gone",
    "contact.reading:forbid": _KEYS,
    "contact.reply_address:forget_unwanted": "by a setting: copies of what stands in the message",
    "customers.models.billing:BillingDocument.delete": "refuses until the law's date by a clock that is believed",
    "customers.models.billing:BillingQuerySet.delete": "refuses until the law's date by a clock that is believed",
    "customers.services.consents:end_grant": _PERSON,
    "customers.services.consents:withdraw_consent": _PERSON,
    "customers.services.technical:delete_technical_record": _PERSON,
    "sitebackend.alarm:_hand_over": "an alarm that has ended",
    "sitebackend.backup.gate:open_again": _RESTORE,
    "sitebackend.backup.media:_read_back": "a file just written that cannot be read back",
    "sitebackend.backup.postgresql:_load": _OWN,
    "sitebackend.management.rehearsal:_forget": _OWN,
    "sitebackend.backup.restore:_stage_settings": _RESTORE,
    "sitebackend.backup.restore:_take_back": _RESTORE,
    "sitebackend.backup.restore:forget_old_state_of_erased": "by the journal's number: somebody was erased since",
    "sitebackend.backup.restore:restore": _OWN,
    "sitebackend.backup.services:_seal": _OWN,
    "sitebackend.backup.swap:Place.backwards": _RESTORE,
    "sitebackend.backup.swap:Place.keep": _RESTORE,
    "sitebackend.backup.swap:backwards": _RESTORE,
    "sitebackend.backup.swap:forwards": _RESTORE,
    "sitebackend.backup.swap:prepare": _RESTORE,
    "sitebackend.backup.trial:unpack_checked": _OWN,
    "sitebackend.backup.work:_remove": _OWN,
    "sitebackend.cockpit.browsers:forget": _KEYS,
    "sitebackend.cockpit.idempotency:once": _OWN,
    "sitebackend.cockpit.sessions:end_sessions": _KEYS,
    "sitebackend.crypto.openpgp:_home": _OWN,
    "sitebackend.http.failover_cache:FailoverCache.delete": "a cache",
    "sitebackend.mail.services:_attempt": "a mail that has nothing to say any more",
    "sitebackend.mail.services:_note_failure": "a courtesy that was refused; late only by a clock that is believed",
    "sitebackend.mail.services:give_up": _PERSON,
    "sitebackend.management.first_run:Secrets.forget": _OWN,
    "sitebackend.management.first_run:_collect_static_files": "made anew at once",
    "sitebackend.pages.admin:RedirectAdmin.save_model": _PERSON,
    "sitebackend.pages.models.page:Page._keep_former_address": _PERSON,
    "sitebackend.pages.pictures:encode": "the upload, once its formats are there",
    "sitebackend.pages.services:discard_waiting_text": _PERSON,
    "sitebackend.pages.services:forget_versions": _PERSON,
    "sitebackend.pages.services:remove_files": "for `remove_stray_files` and for what somebody replaces",
    "sitebackend.pages.services:save_page": "more versions than are kept: a number, no time",
    "sitebackend.privacy.restriction.services:again": _RESTORE,
    "sitebackend.privacy.restriction.services:corrected": _PERSON,
    "sitebackend.privacy.restriction.services:release": _PERSON,
    "sitebackend.privacy.services.answer:hand_over": "the person has it",
    "sitebackend.second_factor:confirm": _KEYS,
    "sitebackend.second_factor:renew_recovery_codes": _KEYS,
    "sitebackend.vault.maintenance:_put_in_place": _KEYS,
    "sitebackend.vault.maintenance:confirm_recovery_key": _KEYS,
    "sitebackend.vault.maintenance:renew_recovery_key": _KEYS,
    "sitebackend.vault.maintenance:rotate": _KEYS,
    "sitebackend.vault.messages_lock:_put_in_place": _KEYS,
    "sitebackend.vault.messages_lock:take_away": _KEYS,
    "sitebackend.vault.services:lock": _KEYS,
    "sitebackend.vault.services:tested": "tries that a success clears",
    "sitebackend.vault.services:unlock": "sessions that are over: whoever has one unlocks again, nothing is lost",
    "sitebackend.vault.sessions:resume": "a session that is over: whoever has it unlocks again, nothing is lost",
    "sitebackend.whole_file:replacing": _OWN,
    "sitebackend.whole_file:sweep": _OWN,
    "sitebackend.whole_file:write_new": _OWN,
}


def destroyers_of(node: ast.AST, name: str = "") -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        own = f"{name}.{child.name}".lstrip(".") if isinstance(child, ast.FunctionDef | ast.ClassDef) else name
        if isinstance(child, ast.Call) and _verb(child) in VERBS:
            yield name
        yield from destroyers_of(child, own)


def _verb(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@pytest.fixture(scope="module")
def found() -> set[str]:
    files = [path for app in ("contact", "consent", "customers", "sitebackend") for path in (ROOT / app).rglob("*.py")]
    return {
        f"{'.'.join(path.relative_to(ROOT).with_suffix('').parts)}:{name}"
        for path in files
        if "migrations" not in path.parts
        for name in destroyers_of(ast.parse(path.read_text()))
    }


def test_every_place_that_destroys_is_judged_and_no_line_is_stale(found: set[str]) -> None:
    judged = [*JOBS, *ASKS, *ERASURE, *OTHERS]
    assert len(judged) == len(set(judged))
    assert found - set(judged) == set(), "does it destroy by time? Then clock.destroys_by_time; else say why"
    assert set(judged) - found == set()


def test_each_job_that_destroys_by_time_rests_in_doubt_and_says_what_would_go() -> None:
    by_name = {f"{job.__module__}:{job.__qualname__}" for job in clock.destroyers()}
    assert by_name == JOBS | {
        "sitebackend.backup.services:rotate_if_due",
        "sitebackend.privacy.services.execution:run_retention",
    }
    assert clock.destroyers() | {rehearsal.rehearse_if_due} == BY_TIME  # what it makes it destroys, at any time
    assert {*SHORT, *MAIL, *LONG} >= BY_TIME


def test_rotation_and_erasures_ask_the_clock_whoever_calls_them() -> None:
    for function in (backup.prune, erasure._carry_out):
        assert "clock.require(" in inspect.getsource(function)
    assert "erasure.erase_due(" in inspect.getsource(execution._erase_due)


@pytest.mark.parametrize("name", sorted(JOBS | ASKS | ERASURE | set(OTHERS)))
def test_each_judged_place_exists(name: str) -> None:
    module, _colon, path = name.partition(":")
    thing: object = import_module(module)
    for part in path.split("."):
        thing = inspect.getattr_static(thing, part)
    assert thing
