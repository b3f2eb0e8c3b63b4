"""What tests of Millstream, of its plug-ins and of apps need: pages without a browser, fakes, conformance suites."""

from millstream.testing.page import TestPage
from millstream.testing.turns import LoudnessDetector

__all__ = ["LoudnessDetector", "TestPage"]
