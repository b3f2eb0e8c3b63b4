"""What comes up: the loop of a stream, what it receives, when it may receive more, and what is kept of it."""
