"""The Textual app; it reads run directories and never imports torch."""

import os

os.environ.setdefault("TEXTUAL_FPS", "120")  # at 60, what a key does waits twice as long for a frame
