"""The Textual app; it reads run directories and never imports torch."""
