from cookie_consent.views import CookieGroupAcceptView, CookieGroupDeclineView, CookieGroupListView
from django.urls import path

urlpatterns = [
    path("", CookieGroupListView.as_view(), name="cookie_consent_cookie_group_list"),
    path("accept/", CookieGroupAcceptView.as_view(), name="cookie_consent_accept"),
    path("decline/", CookieGroupDeclineView.as_view(), name="cookie_consent_decline"),
]
