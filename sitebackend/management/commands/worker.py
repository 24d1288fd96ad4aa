"""`worker`: does what is due, round after round; `--once` does one round."""

import os
import signal
from argparse import SUPPRESS
from threading import Event, Thread
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections
from django.utils import timezone
from django.utils.translation import gettext as _

from contact import reply_address
from contact.key_watch import watch_keys
from contact.spam import learning
from contact.suspects_digest import report_suspects
from customers.services import ledger
from sitebackend import node
from sitebackend.alarm import sound
from sitebackend.backup import gate, restore, upload, work
from sitebackend.backup import services as backup
from sitebackend.cockpit import browsers, idempotency
from sitebackend.instance import die_with
from sitebackend.mail import services as mail
from sitebackend.management import rehearsal
from sitebackend.management.rounds import Job, Rounds
from sitebackend.monitoring import clock
from sitebackend.pages import services as pages
from sitebackend.privacy import trail
from sitebackend.privacy.papers import breaches, record
from sitebackend.privacy.services import answer, deadline, execution
from sitebackend.vault import services as vault

COURTESY = 10  # added to its niceness: on the same machine, whoever waits for a page goes first
#: In this order. A job does what is due at the given time and says how many things it did.
SHORT: list[Job] = [
    watch_keys,
    report_suspects,
    reply_address.forget_unwanted,
    learning.forget_overdue,
    sound,
    mail.sweep,
    browsers.sweep,
    vault.sweep,
    pages.publish_due,
    pages.empty_trash,
    pages.forget_dead_links,
    deadline.remind,
    execution.tell_journal,
    execution.verify_due,
    answer.sweep,
    trail.sweep,
    breaches.remind,
    record.keep_if_new,
    idempotency.sweep,
    ledger.note_head,
]
#: Beside them: a mail server that answers slowly must hold up nothing else.
MAIL: list[Job] = [mail.deliver_due, mail.ask_server]
#: Beside them, one after the other: a backup that is carried away slowly must hold up no mail.
LONG: list[Job] = [
    rehearsal.clean_up,
    work.sweep,
    restore.forget_old_state,
    restore.forget_old_state_of_erased,
    backup.create_if_due,
    backup.rotate_if_due,
    upload.carry_journal_if_grown,
    pages.remove_stray_files,
    pages.encode_pictures,
    execution.run_retention,
    execution.wipe_after_retention,
    rehearsal.rehearse_if_due,
]
#: They destroy what has had its time, and rest while the clock is in doubt.
BY_TIME: frozenset[Job] = clock.destroyers() | {rehearsal.rehearse_if_due}


class Command(BaseCommand):
    help = "Do what is due: deliver mail, carry out retention, requests, backups and warnings."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then end")
        parser.add_argument("--supervised-by", type=int, metavar="PID", help=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["supervised_by"]:
            die_with(options["supervised_by"])
            os.nice(COURTESY)
        _claim()
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        if options["once"]:
            _once(Rounds([*SHORT, *MAIL, *LONG], stop, by_time=BY_TIME))
        else:
            short, mails, long = (Rounds(jobs, stop, by_time=BY_TIME) for jobs in (SHORT, MAIL, LONG))
            run_beside_each_other(short, mails, long)


def _claim() -> None:
    if gate.is_shut():  # the database is being replaced
        return
    try:
        node.claim()
    except DatabaseError as error:
        reason = type(error).__name__
        raise CommandError(
            _("The database does not answer ({reason}). See DATABASE_URL.").format(reason=reason)
        ) from error


def _once(rounds: Rounds) -> None:
    rounds.run_once()
    mail.await_answers(timezone.now())
    if rounds.failures:
        raise CommandError(_("These jobs failed: {names}").format(names=", ".join(sorted(rounds.failures))))


def run_beside_each_other(first: Rounds, *others: Rounds) -> None:
    """Until one is stopped; should one break, the others end too, and the supervisor starts all anew."""
    beside = [Thread(target=_run_in_thread, args=[rounds], name="jobs-beside") for rounds in others]
    for thread in beside:
        thread.start()
    try:
        first.run()
    finally:
        first.stop.set()
        for thread in beside:
            thread.join()


def _run_in_thread(rounds: Rounds) -> None:
    try:
        rounds.run()
    finally:
        connections.close_all()  # this thread's own
