"""The web server's way in."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

application = get_wsgi_application()

# Load what the first request would load, then take it all out of the garbage collector's sight: it lives as long as the
# process, and a full collection over it would hold up one request in some thousands.
get_resolver().url_patterns  # noqa: B018
gc.collect()
gc.freeze()
