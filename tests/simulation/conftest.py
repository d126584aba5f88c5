"""The model service on loopback, for whoever asks for `api`."""

from tests.api_server.fixture import api

__all__ = ["api"]
