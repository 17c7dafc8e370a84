"""How fast it is, beside peers on the same machine in the same minutes: see README.md."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
