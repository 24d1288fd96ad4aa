"""The operator keys that were seen, and their trials: what the operator was told of them, and has said."""

from typing import Self

from django.db import models


class KnownKeyQuerySet(models.QuerySet["KnownKey"]):
    def unconfirmed(self) -> Self:
        """Those that came into use and that nobody has confirmed as theirs."""
        return self.filter(changed_at__isnull=False, confirmed_at=None)


class KnownKey(models.Model):
    """An operator key that is or was in use, and what the operator was told and has said of it."""

    fingerprint = models.CharField(primary_key=True, max_length=40)
    looked_at = models.DateTimeField()
    told_days = models.PositiveSmallIntegerField(null=True)  #: the last of WARN_DAYS that a mail went out for
    changed_at = models.DateTimeField(null=True)  #: when it came into use; None: it was there from the beginning
    confirmed_at = models.DateTimeField(null=True)  #: when the operator said that it is theirs

    objects = KnownKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return self.fingerprint


class KeyTrialQuerySet(models.QuerySet["KeyTrial"]):
    def waiting(self) -> Self:
        """Those of keys that are not in use yet: the key before rules until the word is typed."""
        return self.exclude(armoured="")


class KeyTrial(models.Model):
    """A trial message to an operator key: whoever types its word has shown that its messages can be opened."""

    fingerprint = models.CharField(primary_key=True, max_length=40)
    armoured = models.TextField(blank=True)  #: the certificate, while it waits to be put into place
    message = models.TextField()  #: encrypted to that key alone
    word_digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    objects = KeyTrialQuerySet.as_manager()

    def __str__(self) -> str:
        return self.fingerprint
