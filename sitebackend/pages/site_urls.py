"""Files that machines ask for, once per site and in no language."""

from django.contrib.sitemaps.views import sitemap
from django.urls import path

from sitebackend.pages import views
from sitebackend.pages.sitemaps import PageSitemap

urlpatterns = [
    path("sitemap.xml", sitemap, {"sitemaps": {"pages": PageSitemap}}, name="sitemap"),
    path("robots.txt", views.robots, name="robots"),
    path(".well-known/security.txt", views.security, name="security"),
]
