"""Options that several components share."""
