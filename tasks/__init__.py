"""One thin module per job; `schedule` is the single list of what runs when."""
