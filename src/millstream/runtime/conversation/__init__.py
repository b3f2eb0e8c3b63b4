"""Turns of a conversation and the replies to them."""
