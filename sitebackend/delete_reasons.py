from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class DeleteReason(TextChoices):
    """Why an operator deletes by hand what no period and no request ends."""

    SPAM = "spam", _("it is spam")
    MISTAKE = "mistake", _("it was sent or recorded by mistake, or twice")
    TRIAL = "trial", _("it was a trial")
    SETTLED = "settled", _("it is settled and no longer needed")
    WISH = "wish", _("the sender asked for it, without more")
