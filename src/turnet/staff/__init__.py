"""The people at the desk: accounts, what each may do, and the sessions they work in."""
