"""The lab's widgets."""
