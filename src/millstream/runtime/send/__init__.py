"""Everything sent to the page: updates, frames, progress and notices, in order and within its credit."""
