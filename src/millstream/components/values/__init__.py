"""How values of components are checked, converted and made safe."""
