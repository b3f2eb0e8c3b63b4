"""How an app is declared: elements, components, events and the frozen manifest."""
