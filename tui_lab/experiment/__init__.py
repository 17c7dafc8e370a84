"""What to do, as plain immutable data: no torch, no pandas, no screen."""
