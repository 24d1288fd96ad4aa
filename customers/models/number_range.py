"""The numbers that customers are given."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class NumberRange(models.Model):
    """How customer numbers look, and the highest one given: it only grows, and outlives every customer."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    prefix = models.CharField(
        _("prefix"),
        max_length=10,
        blank=True,
        default="K",
        validators=[RegexValidator(r"^[\w./-]*$", _("Letters, digits, dot, slash and dash only."))],
        help_text=_("Stands in front of every new customer number. Numbers already given stay as they are."),
    )
    digits = models.PositiveSmallIntegerField(
        _("digits"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text=_("New numbers are filled up with zeros to this length."),
    )
    highest = models.PositiveBigIntegerField(_("highest number given"), default=0, editable=False)

    class Meta:
        verbose_name = _("customer numbers")
        verbose_name_plural = _("customer numbers")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_row_of_customer_numbers")]

    def __str__(self) -> str:
        return self.shown(self.highest + 1)

    def shown(self, number: int) -> str:
        return f"{self.prefix}{number:0{self.digits}d}"
