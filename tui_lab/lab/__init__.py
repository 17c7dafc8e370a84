"""The Textual app; it reads run directories and never imports torch."""

import os

os.environ.setdefault("TEXTUAL_FPS", "120")  # at 60 a key waits twice as long
