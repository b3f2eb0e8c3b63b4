"""What goes down to the page: updates, frames, progress and notices, in order and under its credit."""
