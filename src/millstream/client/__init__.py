"""The Python client: a page without a browser, on the same wire."""

from millstream.client.client import Client
from millstream.client.page import Page
from millstream.client.recording import Recording
from millstream.client.result import StreamResult, Summary
from millstream.client.run import ClientRun
from millstream.client.stream import ClientStream

# The names by which apps import them.
Result, Run, Stream = StreamResult, ClientRun, ClientStream

__all__ = [
    "Client",
    "ClientRun",
    "ClientStream",
    "Page",
    "Recording",
    "Result",
    "Run",
    "Stream",
    "StreamResult",
    "Summary",
]
