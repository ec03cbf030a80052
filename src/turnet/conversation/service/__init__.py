"""The acts of a conversation; each in a module of its own."""
