"""Renders: what a session declares for itself, from one run of a function to the next."""
