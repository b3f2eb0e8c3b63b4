"""The parts of a conversation: messages, attachments, text and code."""
