from django.urls import path

from sitebackend.privacy.notice import views

urlpatterns = [
    path("", views.versions, name="notice_versions"),
    path("<int:number>/", views.version, name="notice_version"),
]
