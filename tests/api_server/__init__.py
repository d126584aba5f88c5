"""A model service on loopback for tests and demonstrations: the Messages API and the chat-completions protocol.

It says canned words, counts tokens by words, keeps a prompt cache, and goes wrong to order (`faults.FAULTS`).
"""

from tests.api_server.server import KEY, ApiServer

__all__ = ["KEY", "ApiServer"]
