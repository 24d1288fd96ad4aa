"""Trial messages to an operator key: a word, encrypted to it alone, sent as every message is sent.

Who types the word has shown that the key's messages reach them and open. The word itself is kept nowhere, only its
keyed digest.
"""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from uuid import NAMESPACE_OID, uuid5

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from contact.mail import KEY_TRIAL
from contact.models import KeyTrial
from sitebackend import operator_key
from sitebackend.crypto import lookup
from sitebackend.crypto.certificate import Certificate
from sitebackend.mail import services as outbox
from sitebackend.references import new_reference, tidy_reference


def prepare(certificate: Certificate, *, waits: bool, now: datetime) -> KeyTrial:
    """A trial, not stored yet. `waits`: the key is not in use until the word is typed. Raises OperatorKeyUnusable."""
    word = new_reference()
    return KeyTrial(
        fingerprint=certificate.fingerprint,
        armoured=certificate.armoured.decode() if waits else "",
        message=operator_key.encrypt_to(certificate, _message(word, certificate.fingerprint)).decode(),
        word_digest=digest_of(word),
        made_at=now,
    )


def begin(trial: KeyTrial) -> None:
    """Store it and have it mailed; one that waited for the same key, or to take the same place, is over."""
    KeyTrial.objects.filter(pk=trial.pk).delete()
    if trial.armoured:
        KeyTrial.objects.waiting().delete()
    trial.save(force_insert=True)
    about = uuid5(NAMESPACE_OID, f"key trial {trial.fingerprint}")
    outbox.queue(KEY_TRIAL.name, about=about, facts={"fingerprint": trial.fingerprint}, now=trial.made_at)


def digest_of(word: str) -> str:
    """However it is written: in small letters, without its hyphens."""
    return lookup.nonce(f"key trial {tidy_reference(word)}")


def _message(word: str, fingerprint: str) -> bytes:
    """As a submission is: a MIME message, which mail programs show and `gpg -d` prints."""
    with translation.override(settings.LANGUAGE_CODE):
        message = EmailMessage(policy=SMTP)
        message["Subject"] = _("Trial message")
        lines = [
            _("Word: {word}").format(word=word),
            "",
            _("Who can read this has the secret key to {fingerprint}.").format(fingerprint=fingerprint),
            _("Type the word in the inbox under “Operator key”, or: manage.py operator_key prove {word}").format(
                word=word
            ),
        ]
        message.set_content("\n".join(lines) + "\n", cte="8bit")
    return message.as_bytes()
