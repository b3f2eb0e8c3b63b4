"""Figures of plotting libraries, and tables of points: the values of plots."""
