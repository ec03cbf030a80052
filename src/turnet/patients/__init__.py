"""People, and how to reach them: a person is not a contact point."""
