"""A run's answers: `python -m tui_lab.training.predict RUN FILE.csv OUT [--json]`, for a table,
or `RUN --lines`, for one row after another on stdin.
"""

import sys
from pathlib import Path

from tui_lab.runs.run import Run
from tui_lab.training.predictions import write_predictions
from tui_lab.training.trying import answer_lines
from tui_lab.training.worker import exit_code


def main(arguments: list[str]) -> None:
    """Does what the words ask."""
    run, *rest = arguments
    if rest == ["--lines"]:
        answer_lines(Run(Path(run)), sys.stdin, sys.stdout)
    else:
        file, path, *form = rest
        write_predictions(Run(Path(run)), Path(file), Path(path), as_json=form == ["--json"])


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(sys.argv[1:])))
