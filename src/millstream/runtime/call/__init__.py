"""One call of a handler, from a job to its results; runs in an engine."""
