"""Flagging: visitors mark what an app gave them, and the app writes it down."""
