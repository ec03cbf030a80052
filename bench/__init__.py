"""Measurements as ratios: turnet, a constant route of the same app and a peer, in turn, in one run on one machine."""
