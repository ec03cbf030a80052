"""Time nobody is there, what it does to visits, and why a time is not free."""
