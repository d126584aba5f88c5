"""Server-neutral ASGI entry: daphne by default, any other ASGI server as well."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")
django_application = get_asgi_application()

from studies.routing import websocket_urlpatterns  # noqa: E402  (needs Django to be set up)

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": AllowedHostsOriginValidator(URLRouter(websocket_urlpatterns)),
    }
)
