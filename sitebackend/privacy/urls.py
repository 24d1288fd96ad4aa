"""Below /datenschutz/anfrage/."""

from django.urls import path

from sitebackend.privacy import views

app_name = "privacy"
urlpatterns = [
    path("", views.request_form, name="request"),
    path("danke/<str:token>/", views.thanks, name="thanks"),
    path("bestaetigen/<str:token>/", views.confirm, name="confirm"),
    path("abholen/<str:token>/", views.fetch, name="fetch"),
]
