"""The Python client: a page without a browser, on the same wire."""

from millstream.client.client import Client
from millstream.client.page import Page
from millstream.client.recording import Recording
from millstream.client.run import Run
from millstream.client.stream import Result, Stream, Summary

__all__ = ["Client", "Page", "Recording", "Result", "Run", "Stream", "Summary"]
