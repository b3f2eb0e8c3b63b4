"""For tests of Millstream, of its plug-ins and of apps: pages without a browser, a narrow link, conformance suites."""

from millstream.testing.link import Link
from millstream.testing.page import TestPage
from millstream.testing.turns import LoudnessDetector

__all__ = ["Link", "LoudnessDetector", "TestPage"]
