"""What every plug-in of a kind must do: subclass a suite in your tests and set what it asks for."""
