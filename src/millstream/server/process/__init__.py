"""Sockets and protocols of the process that serves."""
