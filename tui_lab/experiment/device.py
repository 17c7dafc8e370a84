"""What can be said about a device without torch."""

import os
import sys

DRIVERS = ("nvidia", "nvhost", "nvgpu", "nvmap", "kfd", "dxg")
"""How the files in /dev of graphics drivers begin: NVIDIA, Jetson, AMD, Windows' Linux."""


def surely_missing(device: str) -> bool:
    """Whether this machine can't have `device`; of what it may have, torch has the last word."""
    if device == "mps":
        return sys.platform != "darwin"
    if not device.startswith("cuda") or sys.platform == "win32":
        return False
    return not os.path.isdir("/dev") or not any(f.startswith(DRIVERS) for f in os.listdir("/dev"))
