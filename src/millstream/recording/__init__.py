"""Recorded visits: the file format, what writes it beside the event loop, and the transport that listens."""
