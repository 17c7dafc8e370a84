"""Why a training failed, in a sentence."""

from tui_lab.errors import BadInput

NO_MEMORY = "there was not enough memory; try a smaller network or batch_size"


def sentence(error: Exception) -> str:
    """What to tell people of an error."""
    if isinstance(error, BadInput):
        return str(error)
    short_of_memory = isinstance(error, MemoryError) or "allocate memory" in str(error)
    if short_of_memory or type(error).__name__ == "OutOfMemoryError":
        return NO_MEMORY
    return f"{type(error).__name__}: {error}"
