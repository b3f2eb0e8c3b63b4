"""Transports: each is a module here that moves whole messages between a page and the server."""
