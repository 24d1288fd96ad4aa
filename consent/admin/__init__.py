"""What visitors are asked, and how it was answered, for the operator. Whoever changes a word reads what that means."""

from typing import Any

from cookie_consent.models import Cookie
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from consent import offer as offers
from consent.admin.providers import ProvidersPage as ProvidersPage
from consent.forms import EveryLanguage, GroupForm, OneProvider
from consent.models import BannerWording, DailyCount, Edition, ExternalHost, Group, GroupWording
from sitebackend.admin_site import OperatorModelAdmin, ReadOnlyAdmin


def consequence() -> str:
    """What saving will do, with today's number."""
    today = DailyCount.objects.filter(day=timezone.localdate(), digest=offers.current().edition)
    number = today.aggregate(Sum("count"))["count__sum"] or 0
    return ngettext(
        "If you change anything here, all visitors are asked again, also those who have decided already: "
        "%(number)d decision was made today.",
        "If you change anything here, all visitors are asked again, also those who have decided already: "
        "%(number)d decisions were made today.",
        number,
    ) % {"number": number}


class AsksAgain(OperatorModelAdmin):
    """Says before saving that a change asks everybody again, and afterwards whether it did."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        ((title, options),) = super().get_fieldsets(request, obj)
        return [(title, {**options, "description": consequence()})]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        before = offers.read().edition
        super().save_related(request, form, formsets, change)
        offers.forget()
        if offers.read().edition != before:
            messages.info(request, _("From now on all visitors are asked with the new wording."))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        offers.forget()


class GroupWordingInline(admin.StackedInline):  # type: ignore[type-arg]
    model = GroupWording
    formset = EveryLanguage
    extra = 0
    min_num = max_num = len(settings.LANGUAGES)
    can_delete = False

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        """A new group opens with one empty wording per language, already named."""
        formset = super().get_formset(request, obj, **options)
        initial = [{"language": code} for code, _name in settings.LANGUAGES]

        class WithLanguages(formset):  # type: ignore[misc,valid-type]
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **({} if obj else {"initial": initial}) | kwargs)

        return WithLanguages


class CookieInline(admin.StackedInline):  # type: ignore[type-arg]
    model = Cookie
    fields = ("name", "description", "path", "domain")
    extra = 0


class ExternalHostInline(admin.StackedInline):  # type: ignore[type-arg]
    model = ExternalHost
    formset = OneProvider
    extra = 0
    verbose_name = _("server of the provider")
    verbose_name_plural = _(
        "External hosts that pages may show content of: a link to one of them, in a paragraph by itself"
    )


@admin.register(Group)
class GroupAdmin(AsksAgain):
    form = GroupForm
    change_list_template = "consent/admin/group_list.html"
    fields = ("varname", "ordering")
    list_display = ("name", "varname", "is_required", "hosts_named")
    inlines = (GroupWordingInline, ExternalHostInline, CookieInline)

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> tuple[str, ...]:
        return ("varname",) if obj else ()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        wording = GroupWording.objects.filter(group=form.instance, language=settings.LANGUAGE_CODE).first()
        if wording:
            Group.objects.filter(pk=form.instance.pk).update(name=wording.name)
        if not offers.is_asked(form.instance):
            messages.warning(request, _("Visitors are not asked about this group yet: name a server or a cookie."))

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        is_required = obj is not None and obj.is_required
        return not is_required and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest, action_location: Any = None) -> dict[str, Any]:
        return {}  # deleting many at once would take the necessary group along

    @admin.display(description=_("external hosts"))
    def hosts_named(self, group: Group) -> str:
        return ", ".join(host.host for host in ExternalHost.objects.filter(group=group)) or "–"


@admin.register(BannerWording)
class BannerWordingAdmin(AsksAgain):
    fields = ("title", "text")
    list_display = ("title", "language")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: BannerWording | None = None) -> bool:
        return False


@admin.register(Edition)
class EditionAdmin(ReadOnlyAdmin):
    list_display = ("number", "shown_from", "until", "answers")
    fields = ("number", "shown_from", "until", "digest", "answers", "words")
    readonly_fields = fields

    @admin.display(description=_("shown until"))
    def until(self, edition: Edition) -> str:
        end = edition.shown_until
        return timezone.localtime(end).strftime("%d.%m.%Y %H:%M") if end else str(_("to this day"))

    @admin.display(description=_("decisions"))
    def answers(self, edition: Edition) -> str:
        rows = DailyCount.objects.filter(digest=edition.digest).values_list("group", "decision").annotate(Sum("count"))
        return (
            "; ".join(f"{group} {_DECISIONS[decision]}: {count}" for group, decision, count in rows.order_by()) or "–"
        )

    @admin.display(description=_("wording"))
    def words(self, edition: Edition) -> SafeString:
        parts = ((name, _as_text(edition.in_language(code))) for code, name in settings.LANGUAGES)
        return format_html_join("", "<h3>{}</h3>{}", parts)


_DECISIONS = dict(DailyCount._meta.get_field("decision").flatchoices)


def _as_text(words: dict[str, Any]) -> SafeString:
    groups = format_html_join(
        "",
        "<dt>{}</dt><dd>{}<br>{} · {} · {}</dd>",
        (
            (
                group["name"],
                group["purpose"],
                group["provider"],
                group["lifetime"],
                ", ".join([cookie["name"] for cookie in group["cookies"]] + [host["host"] for host in group["hosts"]]),
            )
            for group in words["groups"]
        ),
    )
    return format_html(
        "<p><strong>{}</strong><br>{}</p><dl>{}</dl>", words["banner"]["title"], words["banner"]["text"], groups
    )


@admin.register(DailyCount)
class DailyCountAdmin(ReadOnlyAdmin):
    list_display = ("day", "group", "decision", "count", "digest")
    list_filter = ("group", "decision")
    date_hierarchy = "day"
