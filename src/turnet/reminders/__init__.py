"""Reminding people of their visits: which steps a visit has, when each is due, and one message for those that belong together."""
