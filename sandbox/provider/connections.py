"""The engine's connections to one instance.

One run can have several aws providers (the default one and explicit ones for other regions or accounts), and an
engine opens a connection of its own for each, and new ones for the preview and for the update. To the engine
each connection is a plugin process: it has its own configuration and its own Cancel.
"""

from __future__ import annotations

import threading

from cloud_core.domain.errors import InvalidInput
from sandbox.provider.aws import Aws
from sandbox.provider.configuration import Configuration
from sandbox.provider.provider import Provider


class Connections:
    """Providers by the address of the engine's connection; safe for threads."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._providers: dict[str, Provider] = {}
        self._sessions: dict[Configuration, Aws] = {}
        self._lock = threading.Lock()

    def open(self, peer: str) -> None:
        """A new connection; those that the engine has ended are forgotten."""
        with self._lock:
            self._providers = {key: one for key, one in self._providers.items() if not one.cancelled}
            self._providers[peer] = Provider(self._connect)

    def of(self, peer: str) -> Provider:
        """The provider of a connection.

        A connection that was idle for long comes back under another address: with one configuration in the
        whole run there is no doubt whose it is. InvalidInput otherwise.
        """
        with self._lock:
            known = self._providers.get(peer)
            if known is not None:
                return known
            open_ones = [one for one in self._providers.values() if not one.cancelled]
            if len(open_ones) == 1:
                return open_ones[0]
        raise InvalidInput("this connection of the engine has no configured aws provider; run the command again")

    def cancel_all(self) -> None:
        with self._lock:
            providers = list(self._providers.values())
        for provider in providers:
            provider.cancel()

    def _connect(self, configuration: Configuration) -> Aws:
        """One session per distinct configuration: clients are dear to make."""
        with self._lock:
            if configuration not in self._sessions:
                self._sessions[configuration] = configuration.connect(self._endpoint)
            return self._sessions[configuration]
