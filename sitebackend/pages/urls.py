"""Pages by path; everything before this in the project's urls has been asked first."""

from django.urls import path, re_path
from django.views.decorators.http import require_safe

from sitebackend.pages import views
from sitebackend.pages.feeds import NewsFeed

app_name = "pages"
urlpatterns = [
    path("", views.page, name="home"),
    path("suche/", views.search, name="search"),
    path("feed/", require_safe(NewsFeed()), name="feed"),
    path("vorschau/<token>/", views.preview_of, name="preview"),
    re_path(r"^(?P<path>[a-z0-9-]+(?:/[a-z0-9-]+)*)/$", views.page, name="page"),
]
