"""Sockets that servers of this machine listen on."""

from __future__ import annotations

import socket


def listener(host: str, port: int) -> socket.socket:
    """A listening TCP socket, port 0 takes a free one. Raises OSError when the address can't be had.

    What is accepted sends at once. The event loop asks for that only on sockets that name TCP as their protocol, which
    those of `socket.create_server` do not: an answer whose head and body are two writes would wait 40 ms for the
    client's delayed acknowledgement, on every connection that is kept open.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.create_server((host, port), family=family)
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found
