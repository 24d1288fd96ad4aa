"""Every address of the site. Visitors' pages exist in German and, below `/en/`, in English."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from sitebackend import handover as handover  # hangs itself below /admin/
from sitebackend import probes

urlpatterns = [
    path("healthz", probes.healthz),
    path("readyz", probes.readyz),
    path(".well-known/openpgpkey/", include("contact.key_directory_urls")),
    path("admin/", admin.site.urls),
    path("", include("sitebackend.pages.site_urls")),
    *i18n_patterns(
        path("kontakt/", include("contact.urls")),
        path("cookies/", include("consent.urls")),
        path("datenschutz/fassungen/", include("sitebackend.privacy.notice.urls")),
        path("datenschutz/anfrage/", include("sitebackend.privacy.urls")),
        path("", include("sitebackend.pages.urls")),
        prefix_default_language=False,
    ),
]

handler500 = "sitebackend.outage.handler"
handler403 = "sitebackend.cockpit.pages.refused"
handler404 = "sitebackend.pages.not_found.handler"
