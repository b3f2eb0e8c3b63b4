"""Images within values that are more than one image: of galleries, comparisons and drawings."""
