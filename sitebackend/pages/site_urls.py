"""Files that machines ask for, once per site and in no language."""

from django.contrib.sitemaps.views import sitemap
from django.urls import path, re_path
from django.views.decorators.http import require_safe

from sitebackend.pages import views
from sitebackend.pages.sitemaps import PageSitemap

urlpatterns = [
    path("sitemap.xml", require_safe(sitemap), {"sitemaps": {"pages": PageSitemap}}, name="sitemap"),
    re_path(
        r"^theme/(?P<version>[0-9a-f]{12})-(?P<brand>[0-9a-f]{6})-(?P<accent>[0-9a-f]{6})\.css$",
        views.theme_file,
        name="theme",
    ),
    re_path(r"^media/images/(?P<name>[0-9a-f]{32}-[0-9]+\.(?:avif|webp|jpg|png))$", views.picture, name="picture"),
    re_path(r"^media/files/(?P<name>[a-z0-9-]+)\.pdf$", views.download, name="download"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("robots.txt", views.robots, name="robots"),
    path(".well-known/security.txt", views.security, name="security"),
]
