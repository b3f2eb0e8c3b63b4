"""What the server answers over HTTP besides the WebSocket."""
