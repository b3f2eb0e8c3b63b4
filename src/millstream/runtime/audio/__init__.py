"""Audio on its way to a player, in the pace in which it is heard."""
