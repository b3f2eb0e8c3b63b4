"""The load tester: many visitors of a running app at once, and a report on the first thing that is saturated."""
