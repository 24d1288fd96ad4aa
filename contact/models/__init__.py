"""What is kept of the contact form: the messages, what lies sealed beside them, the operator's keys."""

from contact.models.operator_key import KeyTrial, KnownKey
from contact.models.sealed import MessageFeatures, Note, Preview, ReadingKey, ReplyAddress, SpamModel
from contact.models.submission import MAIL_KIND, Channel, EncryptedMessage, Submission, SubmissionQuerySet, Verdict

__all__ = [
    "MAIL_KIND",
    "Channel",
    "EncryptedMessage",
    "KeyTrial",
    "KnownKey",
    "MessageFeatures",
    "Note",
    "Preview",
    "ReadingKey",
    "ReplyAddress",
    "SpamModel",
    "Submission",
    "SubmissionQuerySet",
    "Verdict",
]
