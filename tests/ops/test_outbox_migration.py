"""An older site is brought up to date: mails that waited in the rows of their apps wait in the outbox."""

import json
import sqlite3
from contextlib import closing
from email import message_from_bytes, policy
from uuid import uuid4

from tests.mail_files import mails_in
from tests.ops.conftest import Place

SEAL = """
import json, sys
from sitebackend.crypto import sealing, server_key
for line in sys.stdin.read().splitlines():
    context, content = json.loads(line)
    print(sealing.wrap(server_key.derive("outbox"), json.dumps(content).encode(), context=context).hex())
"""
FIELDS = {"name": "Erika", "street": "", "postal_code": "", "city": "", "phone": "", "message": "Grüße"}
THEN = "2026-11-20 10:00:00"


def sealed(made: Place, *lines: tuple[str, object]) -> list[bytes]:
    """As the version before sealed it."""
    typed = "\n".join(json.dumps(line) for line in lines)
    done = made.run("shell", "--no-imports", "--command", SEAL.replace("sys.stdin.read()", repr(typed)))
    assert done.returncode == 0, done.stderr
    return [bytes.fromhex(line) for line in done.stdout.split()]


def test_what_waited_goes_on_waiting_with_its_words_and_nothing_goes_twice(made: Place) -> None:
    going_back = made.run("migrate", "contact", "0003")
    assert going_back.returncode == 0, going_back.stderr
    waiting, sent, suspect, acknowledgement = uuid4(), uuid4(), uuid4(), uuid4()
    plain, address = sealed(
        made,
        (f"contact-mail|{waiting}", {"fields": FIELDS | {"email": "e@example.org"}, "reply_to": "e@example.org"}),
        (f"contact-acknowledgement|{acknowledgement}", {"to": "e@example.org", "language": "de"}),
    )
    with closing(sqlite3.connect(made.data / "site.sqlite3")) as database, database:
        message = uuid4().hex
        database.execute("INSERT INTO contact_encryptedmessage VALUES (?, 'armoured', '[]')", (message,))
        for number, (key, delivery, payload) in enumerate(
            [(waiting, "retrying", plain), (sent, "sent", None), (suspect, "not_mailed", None)]
        ):
            database.execute(
                "INSERT INTO contact_submission (id, reference, received_at, channel, message_id, idempotency_digest,"
                " nonce_digest, email_digest, phone_digest, name_digest, verdict, reasons, delivery, queued_at,"
                " next_attempt_at, attempts, last_reply, sent_at, mail_payload)"
                " VALUES (?, ?, ?, 'form', ?, ?, '', 'digest', '', '', ?, '[]', ?, ?, ?, 3, '', ?, ?)",
                (
                    key.hex, f"AAA-AAA-00{number}", THEN, message, str(number),
                    "suspect" if delivery == "not_mailed" else "clean", delivery, THEN,
                    THEN if payload else None, THEN if delivery == "sent" else None, payload,
                ),
            )  # fmt: skip
        database.execute(
            "INSERT INTO contact_acknowledgement (id, submission_id, wrapped, next_attempt_at) VALUES (?, ?, ?, ?)",
            (acknowledgement.hex, waiting.hex, address, THEN),
        )
    assert made.run("migrate").returncode == 0
    with closing(sqlite3.connect(made.data / "site.sqlite3")) as database:
        moved = database.execute(
            "SELECT kind, about, state, attempts, payload IS NULL FROM mail_outgoingmail WHERE kind LIKE 'contact.%'"
        ).fetchall()
    assert sorted(moved) == sorted(
        [
            ("contact.submission", waiting.hex, "retrying", 3, 0),
            ("contact.submission", sent.hex, "sent", 3, 1),
            ("contact.acknowledgement", waiting.hex, "waiting", 0, 0),
        ]
    )
    assert made.run("worker", "--once").returncode == 0
    mails = [message_from_bytes(mail, policy=policy.default) for mail in mails_in(made.data / "mail")]
    [told] = [mail for mail in mails if mail["X-Reference"]]
    assert told["Message-ID"].startswith(f"<submission.{waiting.hex}@")
    assert "Grüße" in told.get_content()
    assert "e@example.org" in [mail["To"] for mail in mails]
