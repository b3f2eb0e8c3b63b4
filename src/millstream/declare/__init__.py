"""Declaring an app: elements, components, events and the frozen manifest."""
