"""The words of the audit trail: who did something, what it was, and what for."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Actor(models.TextChoices):
    """Who did something, if no operator was logged in."""

    OPERATOR = "operator", _("operator")
    SHELL = "shell", _("command line")
    WORKER = "worker", _("the program by itself")
    PERSON = "person", _("the person")
    UNKNOWN = "unknown", _("unknown")


class Act(models.TextChoices):
    """What was done, as far as it stands nowhere else: neither in the admin's history nor in the vault's log."""

    LOGGED_IN = "logged_in", _("logged in")
    LOGGED_OUT = "logged_out", _("logged out")
    LOGIN_REFUSED = "login_refused", _("login refused")
    EXPORTED = "exported", _("copy made")
    LISTED = "listed", _("exported for invoicing")
    FETCHED = "fetched", _("copy fetched")
    CONFIRMED = "confirmed", _("identity confirmed by link")
    ERASED = "erased", _("erased")
    RESTRICTED = "restricted", _("restricted")
    CORRECTED = "corrected", _("corrected")
    CLOSED = "closed", _("purpose closed")
    OPENED = "opened", _("opened with the secret key")
    KEY_REPLACED = "key_replaced", _("operator key replaced")
    KEY_BROUGHT = "key_brought", _("operator key brought, which waits for its word")
    KEY_PROVED = "key_proved", _("operator key proved by its word")
    KEY_CONFIRMED = "key_confirmed", _("operator key confirmed")
    RESTORED = "restored", _("backup restored")
    NEW_BROWSER = "new_browser", _("logged in from a browser that was not known")
    ACCOUNT_MADE = "account_made", _("account made")
    SWITCHED_ON = "switched_on", _("account switched on")
    SWITCHED_OFF = "switched_off", _("account switched off")
    PASSWORD_SET = "password_set", _("password of an account changed")
    ADDRESS_SET = "address_set", _("e-mail address of an account changed")
    RIGHTS_SET = "rights_set", _("rights of an account changed")
    FACTOR_SET = "factor_set", _("second factor set up")
    CODES_RENEWED = "codes_renewed", _("recovery codes renewed")
    SETTINGS_SET = "settings_set", _("business data changed")
    READING_SET = "reading_set", _("reading of messages allowed here")
    CLOCK_CONFIRMED = "clock_confirmed", _("clock confirmed")
    LOOKED = "looked", _("restricted data looked at")


class LookReason(models.TextChoices):
    """What restricted data may be looked at for (Art. 18(2) GDPR), and what the person asks for themselves."""

    REQUEST = "request", _("a request of the person")
    CONSENT = "consent", _("the person agreed to it")
    CLAIMS = "claims", _("legal claims")
    OTHERS = "others", _("protecting the rights of somebody else")
    PUBLIC = "public", _("an important public interest, or a duty by law")
