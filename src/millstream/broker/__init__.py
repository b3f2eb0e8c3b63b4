"""Slots, the queue, snapshots and logins for the processes that serve one app together."""
