"""The WSGI application that `serve` runs."""

import os

from django.core.wsgi import get_wsgi_application

from sitebackend.proxy import TrustedProxies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sitebackend.settings")

application = TrustedProxies(get_wsgi_application())
