"""Everything that speaks HTTP, by audience; `kit` is the only shared part."""
