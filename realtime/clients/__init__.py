"""Clients of the sockets."""
