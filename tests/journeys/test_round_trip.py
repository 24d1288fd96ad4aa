"""What was typed comes back byte for byte: from `manage.py decrypt`, from plain gpg, and in the mail."""

import email
import email.policy
import json
import os
import subprocess
import tempfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.running_site import RunningSite

HARD_TEXT = (
    "„Grüße“ 'aus' \"Überlingen\" – naïve façade, Ελλάδα, 中文, \U0001f469\U0001f3fd\u200d\U0001f527 🏳️\r\n"
    "\r\n.\r\nFrom here on\r\n\t<b>&amp;</b>\\n %s {x}\r\n"
)
FIELDS = {
    "name": 'Zoë "Zett" Müller-Łódź',
    "street": "Straße des 17. Juni 135 ½",
    "postal_code": "10623",
    "city": "Berlin",
    "phone": "+49 (0)30 555-0142",
    "email": "zoe@example.org",
    "message": (HARD_TEXT * 100)[:10_000],
}


@pytest.fixture(scope="module")
def reference(running_site: RunningSite) -> str:
    answer = running_site.send(FIELDS)
    assert answer.status == 200
    return answer.headers["X-Reference"]


def parsed(message: bytes | str) -> EmailMessage:
    raw = message.encode() if isinstance(message, str) else message
    return email.message_from_bytes(raw, EmailMessage, policy=email.policy.default)


def fields_in(message: EmailMessage) -> dict[str, str]:
    (part,) = (part for part in message.walk() if part.get_content_type() == "application/json")
    content: dict[str, str] = json.loads(part.get_payload(decode=True))  # type: ignore[arg-type]
    return content


def test_decrypt_gives_every_field_as_it_was_typed(running_site: RunningSite, reference: str) -> None:
    passphrase = running_site.secrets["operator_key_passphrase"]
    message = parsed(running_site.manage("decrypt", reference, input=f"{passphrase}\n").stdout)
    assert fields_in(message) == FIELDS
    assert message["X-Reference"] == reference


def test_plain_gpg_gives_the_same(running_site: RunningSite, reference: str) -> None:
    stored = running_site.shell(
        f"from contact.models import Submission\n"
        f"print(Submission.objects.get(reference={reference!r}).message.armoured, end='')"
    )
    assert fields_in(parsed(decrypted_with_gpg(running_site, stored))) == FIELDS


def decrypted_with_gpg(site: RunningSite, armoured: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="gpg-") as home:
        gpg = ["gpg", "--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase-fd", "0"]
        secret_key = site.data / "keys" / "operator-secret.asc"
        passphrase = site.secrets["operator_key_passphrase"].encode()
        subprocess.run([*gpg, "--import", secret_key], input=passphrase, check=True, capture_output=True)
        file = Path(home) / "message.asc"
        file.write_text(armoured)
        decrypted = subprocess.run([*gpg, "--decrypt", file], input=passphrase, check=True, capture_output=True)
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=True, env=os.environ)
        return decrypted.stdout


def test_the_mail_holds_it_too_line_ends_aside(running_site: RunningSite, reference: str) -> None:
    def arrived() -> list[EmailMessage]:
        mails = map(parsed, running_site.mails)
        return [mail for mail in mails if mail["X-Reference"] == reference]

    (mail,) = running_site.wait_for(arrived)
    text = mail.get_body().get_content()  # type: ignore[union-attr]
    for value in FIELDS.values():
        assert "\n".join(value.splitlines()) in "\n".join(text.splitlines())
    assert mail["Reply-To"] == FIELDS["email"]
    assert FIELDS["name"] not in str(mail["Subject"])
