"""Two mails in one file are two mails."""

from pathlib import Path

from django.core.mail import EmailMessage
from django.core.mail.backends.filebased import EmailBackend

from tests.mail_files import mails_in


def test_mails_that_share_a_file_are_read_one_by_one(tmp_path: Path) -> None:
    """Seen: the mail with the journal's lines was not found behind the one before it."""
    backend = EmailBackend(file_path=str(tmp_path))
    signed = "first\n\n--\nJule"
    backend.send_messages([EmailMessage(body=text, to=["a@example.org"]) for text in (signed, "second")])
    assert len(list(tmp_path.iterdir())) == 1
    first, second = mails_in(tmp_path)
    assert b"Jule" in first
    assert second.rstrip().endswith(b"second")
    assert second.startswith(b"Content-Type")
