"""Tables of a CSV file with everything that has to be prepared."""

import csv
import random
from pathlib import Path

HOSTILE = ("=cmd|' /C calc'!A0", "\x1b]0;owned\x07", "[@click=app.quit]x[/]")


def write_table(path: Path, target: str = "class", rows: int = 120, classes=("a", "b", "c")):
    """Numbers with holes, words with holes, booleans; the target depends on `size`."""
    draw = random.Random(1)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["size", "weight", "kind", "sold", "class", "price"])
        for row in range(rows):
            size = row % len(classes) * 3 + draw.random()
            writer.writerow([
                "" if row % 7 == 0 else round(size, 3),
                "?" if row % 11 == 0 else round(1000 * draw.random(), 1),
                ["oak", "ash", "3", ""][row % 4],
                ["True", "FALSE"][row % 2],
                classes[row % len(classes)],
                round(1e4 * size + draw.random(), 2),
            ])  # fmt: skip
    return {
        "dataset": {"csv": str(path), "target": target},
        "layers": [{"Linear": 8}, "ReLU", {"Linear": len(classes) if target == "class" else 1}],
        "training": {"epochs": 3},
    }
