"""The one message that a submission becomes: stored, mailed and decrypted as the same bytes.

A MIME message (RFC 2045) of two parts: readable text, which begins with the link that answers it and has a label
before each field, and JSON with the fields exactly as they were sent. Its real subject and reply address stand in its
own header, which lies inside the encryption. Spaces after the last boundary, which every reader ignores, bring its
length up to whole blocks, for lengths leak content.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from email import message_from_bytes, policy
from email.encoders import encode_base64
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.utils import format_datetime, formataddr, parseaddr
from typing import cast

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contact import links

BLOCK = 16 * 1024  # bytes
#: The older of Python's two ways with mail: it takes a quarter of the time, and a sender waits for it.
_LINES_OF_MAIL = policy.compat32.clone(linesep="\r\n")
LABELS: dict[str, str | Promise] = {
    "name": gettext_lazy("Name"),
    "street": gettext_lazy("Street and number"),
    "postal_code": gettext_lazy("Postal code"),
    "city": gettext_lazy("City"),
    "phone": gettext_lazy("Telephone"),
    "email": gettext_lazy("E-mail address"),
    "message": gettext_lazy("Message"),
}


def build(fields: Mapping[str, str], *, reference: str, received_at: datetime, reply_to: str) -> bytes:
    """The message in whole blocks. `reply_to` is one checked address for the wire, or empty."""
    message = MIMEMultipart(boundary=secrets.token_hex(16))  # searching for one takes longer than all the rest
    message.set_param("protected-headers", "v1")
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Contact form {reference}: {name}").format(
            reference=reference, name=_one_line(fields.get("name", ""))
        )
        text = readable(fields, reference=reference)
    if reply := links.mailto(reply_to, reference=reference):
        text = f"{reply}\n\n{text}"
    message["Subject"] = subject if subject.isascii() else Header(subject, "utf-8").encode()
    message["From"] = formataddr(parseaddr(settings.MAIL_FROM))  # a name in it is encoded
    message["To"] = settings.OPERATOR_EMAIL
    if reply_to:
        message["Reply-To"] = _as_bytes(reply_to)  # an encoded word would be no address (RFC 6532)
    message["Date"] = format_datetime(received_at)
    message["X-Reference"] = reference
    message.attach(_text_part(text))
    message.attach(_json_part(as_json(fields), name=f"{reference}.json"))
    return _padded(message.as_bytes(policy=_LINES_OF_MAIL))


def _text_part(text: str) -> MIMENonMultipart:
    part = MIMENonMultipart("text", "plain", charset="utf-8")
    part["Content-Transfer-Encoding"] = "8bit"
    part.set_payload(_as_bytes(text))
    return part


def _as_bytes(text: str) -> str:
    """UTF-8 as this way with mail wants it, to be written as it is."""
    return text.encode().decode("ascii", "surrogateescape")


def _json_part(content: bytes, *, name: str) -> MIMEApplication:
    part = MIMEApplication(content, "json", encode_base64)
    part.add_header("Content-Disposition", "attachment", filename=name)
    return part


def readable(fields: Mapping[str, str], *, reference: str) -> str:
    """Every field on a labelled line, the message last; also the body of the plain mail."""
    lines = [f"{_('Reference')}: {reference}"]
    lines += [f"{label}: {fields.get(name, '')}" for name, label in LABELS.items() if name != "message"]
    return "\n".join([*lines, "", f"{LABELS['message']}:", fields.get("message", ""), ""])


def as_json(fields: Mapping[str, str]) -> bytes:
    return json.dumps({name: fields.get(name, "") for name in LABELS}, ensure_ascii=False, indent=1).encode()


def fields_of(message: bytes) -> dict[str, str]:
    """The fields out of a decrypted message's JSON part. Raises ValueError if it has none."""
    for part in message_from_bytes(message, policy=policy.SMTP).walk():
        if part.get_content_type() == "application/json":
            found: dict[str, str] = json.loads(cast(bytes, part.get_payload(decode=True)))
            return found
    raise ValueError("the message has no JSON part")


def _padded(message: bytes) -> bytes:
    return message + b" " * (-len(message) % BLOCK)


def _one_line(typed: str) -> str:
    """For a header: one line, printable, short."""
    return "".join(sign if sign.isprintable() else " " for sign in " ".join(typed.split()))[:80]
