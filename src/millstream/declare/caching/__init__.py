"""Results of handlers that are kept: `cache`, and the `Cache` that a handler fills by itself."""
