"""What moves whole messages between a page and the server. A transport is a module here."""
