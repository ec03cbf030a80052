"""Watching over the installation: what is wrong, since when, and whom to tell once."""
