"""One's own account, and everybody's for those who manage them."""
