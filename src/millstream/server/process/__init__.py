"""Sockets, TLS and protocols of the process that serves an app."""
