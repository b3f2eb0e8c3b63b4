"""The state of a session: values, files, expiry and timers."""
