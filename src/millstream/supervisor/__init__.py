"""`millstream run --workers N`: starts gateways and broker on one host, and starts again what dies."""
