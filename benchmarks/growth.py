"""How an epoch grows with rows, width, depth and batch size, beside the loop of every course."""

import tempfile
from pathlib import Path

from benchmarks.measure import machine
from benchmarks.training import measured
from tui_lab.lab.widgets.plot import short
from tui_lab.runs.report import aligned

MIDDLE = {"rows": 2000, "width": 64, "depth": 2, "batch": 32}
GROWN = {
    "rows": (500, 2000, 8000, 32_000),
    "width": (16, 64, 256),
    "depth": (1, 2, 4, 8),
    "batch": (2, 8, 32, 128, 512),
}


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        for measure, values in GROWN.items():
            rows = [[measure, "DataLoader loop ms", "tui-lab ms", "times as fast"]]
            for value in values:
                task = "-".join(str(part) for part in (MIDDLE | {measure: value}).values())
                loop, lab = (
                    measured(name, task, Path(home), 1)["seconds"] for name in ("course", "tui-lab")
                )
                told = [short(loop * 1000), short(lab * 1000), short(loop / lab)]
                rows.append([f"{value:,}", *told])
            print(f"\nOne epoch, growing {measure}, of {MIDDLE}\n{aligned(rows)}", flush=True)


if __name__ == "__main__":
    print(machine())
    main()
