"""Serves an app: the ASGI application, its one security gate, the page, files, and `launch()`."""
