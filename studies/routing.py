"""Websocket addresses."""

from typing import Any

from django.urls import re_path

from studies.consumers import ChatConsumer

_chat: Any = ChatConsumer.as_asgi()

# The second closes any other address with the code for an unknown sitting, instead of a traceback in the log.
websocket_urlpatterns: list[Any] = [re_path(r"^ws/s/(?P<token>[^/]+)/$", _chat), re_path(r"", _chat)]
