"""The addresses have django-cookie-consent's names; its status view is left out, for it sets a CSRF cookie."""

from django.urls import path

from consent import views

urlpatterns = [
    path("", views.choices, name="cookie_consent_cookie_group_list"),
    path("accept/", views.accept, name="cookie_consent_accept"),
    path("decline/", views.decline, name="cookie_consent_decline"),
    path("inhalt/<str:token>/", views.external, name="consent_external"),
    path("inhalt/<str:token>/rahmen/", views.external_frame, name="consent_external_frame"),
]
