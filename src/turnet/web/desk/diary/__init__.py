"""The diary as staff see it: the running day, columns, week, month, and one visit's sheet."""
