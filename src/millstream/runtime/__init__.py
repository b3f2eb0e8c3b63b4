"""One app while it runs: sessions, streams, runs, and the path of a frame through them."""
