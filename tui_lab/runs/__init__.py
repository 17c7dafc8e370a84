"""Run directories: what a trainer writes and everyone else reads. No torch here."""
