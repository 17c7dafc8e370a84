"""What the main screen asks before it does something: one file a subject."""
