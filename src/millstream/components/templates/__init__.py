"""Templates of the app's own HTML and CSS, compiled to the functions that a page calls."""
