""" "Reply" in a real mail program: mutt opens the mail that went out, is told to reply, and its draft says to whom."""

import os
import pty
import shutil
import subprocess
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest
from django.utils import timezone
from pytest_django import Settings

from contact import services
from contact.models import Submission
from sitebackend.crypto import openpgp
from sitebackend.mail.services import deliver_due
from tests.conftest import PASSPHRASE
from tests.contact.conftest import FIELDS
from tests.contact.mailserver import Handler

pytestmark = pytest.mark.django_db
Received = Callable[..., Submission]
HERS = FIELDS["email"]
PATIENCE = 60  # seconds
#: The editor takes the draft away; then mutt ends without sending anything.
CONFIGURATION = """
set folder="{home}" spoolfile="{home}/inbox" record="" postponed="{home}/postponed" mbox_type=mbox
set from="operator@example.de" realname="" use_from=yes sendmail="/bin/false" hostname="example.de"
set editor="cp %s {home}/draft" edit_headers=yes autoedit=yes fast_reply=yes include=yes abort_unmodified=yes
set abort_nosubject=no reply_to=yes check_new=no confirmappend=no quit=yes postpone=no move=no wait_key=no
set charset="utf-8" send_charset="utf-8" crypt_use_gpgme=no pgp_use_gpg_agent=yes crypt_replyencrypt=no
set pgp_decode_command="gpg {gpg} --status-fd=2 --output - --decrypt %f"
set pgp_decrypt_command="gpg {gpg} --status-fd=2 --output - --decrypt %f"
set pgp_decryption_okay="DECRYPTION_OKAY"
"""


class Mutt:
    """The operator's mutt, with the operator's secret key."""

    def __init__(self, home: Path, key_home: Path, secret_key: bytes) -> None:
        self.home = home
        word = home / "passphrase"
        word.write_text(PASSPHRASE)
        gpg = ["--homedir", str(key_home), "--batch", "--pinentry-mode", "loopback", "--passphrase-file", str(word)]
        subprocess.run(["gpg", *gpg, "--import"], input=secret_key, check=True, capture_output=True)
        (home / "muttrc").write_text(CONFIGURATION.format(home=home, gpg=" ".join(gpg)))

    def reply(self, mail: bytes) -> EmailMessage:
        """The draft of the answer to this mail, which is the only one in the mailbox."""
        lines = b"\n".join(b">" + line if line.startswith(b"From ") else line for line in mail.splitlines())
        (self.home / "inbox").write_bytes(b"From site Mon Nov 23 12:00:00 2026\n" + lines + b"\n\n")
        return self._draft("-e", 'push "<reply><exit><quit>"', "-f", str(self.home / "inbox"))

    def follow(self, link: str) -> EmailMessage:
        """The draft that a mailto link opens."""
        return self._draft("-e", 'push "<exit>"', link)

    def _draft(self, *arguments: str) -> EmailMessage:
        draft = self.home / "draft"
        draft.unlink(missing_ok=True)
        environment = {**os.environ, "TERM": "vt100", "HOME": str(self.home), "LC_ALL": "C.UTF-8"}
        mine, its = pty.openpty()
        try:
            command = ["mutt", "-n", "-F", str(self.home / "muttrc"), *arguments]
            with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment) as program:
                os.close(its)
                _read_past(mine, program)
        finally:
            os.close(mine)
        typed = b"Content-Type: text/plain; charset=utf-8\n" + draft.read_bytes()  # as the editor shows it
        return cast("EmailMessage", message_from_bytes(typed, policy=policy.SMTP))


def _read_past(terminal: int, program: "subprocess.Popen[bytes]") -> None:
    """What it draws is of no interest, and it must be able to draw it."""
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:  # the other end is closed: it has ended
        pass
    program.wait(timeout=PATIENCE)


@pytest.fixture
def mutt(tmp_path: Path, key_pair: tuple[bytes, bytes]) -> Iterator[Mutt]:
    if not shutil.which("mutt"):
        pytest.skip("needs mutt")
    with openpgp.temporary_home() as key_home:
        yield Mutt(tmp_path, key_home, key_pair[1])


@pytest.fixture
def sent(received: Received, mail_server: Handler) -> Callable[[str], bytes]:
    """The mail as the mail server got it: a new one, one that is sent again, or one that was held and is released."""

    def sent(occasion: str) -> bytes:
        submission = received(honeypot="x" if occasion == "released" else "")
        deliver_due(timezone.now())
        verb = {"again": services.send_again, "released": services.release}.get(occasion)
        if verb:
            verb(submissions=Submission.objects.filter(pk=submission.pk), now=timezone.now())
            deliver_due(timezone.now())
        return mail_server.received[-1]

    return sent


@pytest.mark.parametrize("occasion", ["new", "again", "released"])
@pytest.mark.parametrize("mode", ["plain", "pgp"])
def test_reply_is_addressed_to_the_sender_and_quotes_the_message(
    mutt: Mutt, sent: Callable[[str], bytes], settings: Settings, mode: str, occasion: str
) -> None:
    settings.CONTACT_MAIL = mode
    draft = mutt.reply(sent(occasion))
    assert draft["To"] == HERS
    assert draft["Subject"].startswith("Re: Kontaktformular ")
    assert "> Grüße 🙂" in draft.get_content()


@pytest.mark.parametrize("occasion", ["new", "again", "released"])
def test_with_the_address_inside_the_first_line_opens_the_answer(
    mutt: Mutt, sent: Callable[[str], bytes], settings: Settings, occasion: str
) -> None:
    """mutt takes no Reply-To out of the encrypted part: a reply would go to the site, and its quote shows the way."""
    settings.CONTACT_MAIL, settings.CONTACT_REPLY_TO = "pgp", "inside"
    quoted = mutt.reply(sent(occasion))
    link = next(word for word in quoted.get_content().split() if word.startswith("mailto:"))
    draft = mutt.follow(link)
    assert draft["To"] == HERS
    assert draft["Subject"] == f"Ihre Nachricht {Submission.objects.get().reference}"


def test_a_notice_carries_no_message_and_names_nobody_to_answer(
    mutt: Mutt, sent: Callable[[str], bytes], settings: Settings
) -> None:
    settings.CONTACT_MAIL = "notice"
    assert mutt.reply(sent("new"))["To"] == settings.MAIL_FROM


def test_the_link_of_the_inbox_opens_the_answer_with_the_message_quoted(
    mutt: Mutt, sent: Callable[[str], bytes], settings: Settings, unlocked: object, allowed: None
) -> None:
    sent("new")
    page = unlocked.get(f"/admin/contact/submission/{Submission.objects.get().pk}/")  # type: ignore[attr-defined]
    draft = mutt.follow(page.context["reply_link"])
    assert draft["To"] == HERS
    assert "> Grüße 🙂" in draft.get_content()
