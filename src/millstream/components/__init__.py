"""The components: one file each, named like the class, its tag in the page and its test."""
