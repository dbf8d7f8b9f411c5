"""The Python client: `CloudWebSocketClient`, over asyncio and `websockets`."""

from realtime.clients.python.client import CloudWebSocketClient, Refused

__all__ = ["CloudWebSocketClient", "Refused"]
