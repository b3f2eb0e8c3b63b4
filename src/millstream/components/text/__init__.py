"""Markdown and HTML that people wrote, made safe and fit for the page in linear time."""
