"""The desk on a phone: hearing of changes, the shell that is kept, calendar addresses."""
