"""The way in: password, code, PIN, one-time links, and what a form held meanwhile."""
