"""The lab's screens."""
