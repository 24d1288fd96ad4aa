"""Every address of the site. Visitors' pages exist in German and, below `/en/`, in English."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/vault/", include("sitebackend.vault.urls")),
    path("admin/", admin.site.urls),
    *i18n_patterns(
        path("kontakt/", include("contact.urls")),
        path("cookies/", include("consent.urls")),
        path("", include("sitebackend.pages.urls")),
        prefix_default_language=False,
    ),
]
