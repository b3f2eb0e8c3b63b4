"""What tests of Millstream, of its plug-ins and of apps need: pages without a browser, fakes, conformance suites."""

from millstream.testing.page import TestPage

__all__ = ["TestPage"]
