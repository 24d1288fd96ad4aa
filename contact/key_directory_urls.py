"""Below /.well-known/openpgpkey/: the direct method, then the advanced one, which names the domain."""

from django.urls import path

from contact import key_directory

urlpatterns = [
    path("policy", key_directory.policy),
    path("hu/<slug:digest>", key_directory.key),
    path("<str:domain>/policy", key_directory.policy),
    path("<str:domain>/hu/<slug:digest>", key_directory.key),
]
