"""Below /kontakt/."""

from django.urls import path

from contact import views

app_name = "contact"
urlpatterns = [
    path("", views.contact, name="form"),
    path("schluessel.asc", views.public_key, name="key"),
    path("danke/<str:token>/", views.thanks, name="thanks"),
]
