"""Declarations that can be launched."""
