"""What accepts connections for the API."""

from __future__ import annotations

import socket

import pytest

from cloud_core.adapters.local.listeners import listener


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_answers_are_sent_at_once(host: str) -> None:
    with listener(host, 0) as listening, socket.create_connection(listening.getsockname()[:2]):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_taken_address_cannot_be_had() -> None:
    with listener("127.0.0.1", 0) as listening, pytest.raises(OSError, match="in use"):
        listener("127.0.0.1", listening.getsockname()[1])
