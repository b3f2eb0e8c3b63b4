"""What a session holds: values, files, what expires, what ticks."""
