"""Conformance suites for plug-ins: subclass one in your tests, and set the attributes that it asks for."""
