"""Responses over HTTP: the page, its assets, files and failures."""
