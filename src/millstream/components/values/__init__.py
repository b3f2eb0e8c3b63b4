"""Checking and converting the values of components, and making them safe."""
