"""From the page into a handler: the loop of a stream, its life cycle, and what both stand on."""
