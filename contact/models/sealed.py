"""What is kept beside the messages, sealed: notes, previews, addresses for the answer, what the spam filter learned.

What must never happen: a seal opens in another row than its own.
"""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contact.models.submission import Submission


class Note(models.Model):
    """What the operator noted on a submission, sealed to the lock for messages, or to the vault without one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, models.CASCADE, related_name="notes", editable=False)
    written_at = models.DateTimeField(_("written"), default=timezone.now, editable=False)
    sealed = models.BinaryField(editable=False)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["written_at"]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def context(self) -> str:
        """What the seal is bound to: moved to another submission it does not open."""
        return f"contact-note|{self.pk}|{self.submission_id}"


class Preview(models.Model):
    """Who wrote, and the first words, for the list: sealed as notes are, and made only while messages are read here."""

    submission = models.OneToOneField(Submission, models.CASCADE, primary_key=True, editable=False)
    sealed = models.BinaryField(editable=False)

    class Meta:
        verbose_name = _("preview in the inbox")
        verbose_name_plural = _("previews in the inbox")

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def context(self) -> str:
        """What the seal is bound to: moved to another submission it does not open."""
        return f"contact-preview|{self.pk}"


class ReplyAddress(models.Model):
    """Where the answer to a message goes, sealed with the server's own key: `contact.reply_address` says when."""

    submission = models.OneToOneField(
        Submission, models.CASCADE, primary_key=True, related_name="reply_address", editable=False
    )
    sealed = models.BinaryField(editable=False)

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def context(self) -> str:
        """What the seal is bound to: moved to another submission it does not open."""
        return f"contact-reply-address|{self.pk}"


class MessageFeatures(models.Model):
    """What the spam filter keeps of one judged message (`spam.words`), sealed as notes are."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.OneToOneField(Submission, models.CASCADE, related_name="features", editable=False)
    sealed = models.BinaryField(editable=False)

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def context(self) -> str:
        """What the seal is bound to: moved to another submission it does not open."""
        return f"contact-features|{self.pk}|{self.submission_id}"


class SpamModel(models.Model):
    """What the classifier has learned here, sealed with the server key: it judges while everything is locked."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    sealed = models.BinaryField(null=True, editable=False)
    stale_since = models.DateTimeField(null=True)  #: something it was made from has changed, or is gone

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_spam_model")]

    def __str__(self) -> str:
        return str(self.pk)


class ReadingKey(models.Model):
    """The operator's choice to read here: the secret key's passphrase, sealed as notes are. No row: not chosen."""

    CONTEXT = "operator-key-passphrase"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    sealed_passphrase = models.BinaryField(editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_reading_key")]

    def __str__(self) -> str:
        return str(self.pk)
