"""Writes the stand-in for the course's table of drinking water (`python datasets/stand_in.py`).

The rows are drawn, not measured: normal numbers with the means and deviations that the real table
has in each class, as many rows, as many of them missing, and classes of the same sizes. As there,
the classes differ mostly in how far the numbers spread, so that no straight line tells them apart.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

HERE = Path(__file__).parent
ROWS = (1998, 1278)
COLUMNS = {
    "ph": ((7.09, 1.68), (7.07, 1.45), (0, 14), 491),
    "Hardness": ((196.7, 31.1), (195.8, 35.5), (47, 324), 0),
    "Solids": ((21780, 8540), (22380, 9100), (320, 61300), 0),
    "Chloramines": ((7.09, 1.5), (7.17, 1.7), (0.3, 13.2), 0),
    "Sulfate": ((334.6, 36.7), (332.6, 47.7), (129, 482), 781),
    "Conductivity": ((426.7, 80), (425.4, 82.1), (181, 754), 0),
    "Organic_carbon": ((14.36, 3.33), (14.16, 3.26), (2.2, 28.3), 0),
    "Trihalomethanes": ((66.3, 16.1), (66.5, 16.3), (0.7, 124), 162),
    "Turbidity": ((3.97, 0.78), (3.97, 0.78), (1.4, 6.8), 0),
}
"""For each column: mean and deviation where not potable, where potable, the range, how many
are missing."""
CARD = {
    "title": "Water potability: a generated stand-in",
    "about": "Nine measurements of 3,276 waters, drawn by a formula to stand in for the course's "
    "table, with the same columns, missing values and class sizes. Tell which water is potable. "
    "`tui-lab datasets add water_potability.csv --target Potability` takes the real table instead.",
    "source": "drawn by datasets/stand_in.py, after the means and deviations of Water Quality by "
    "Aditya Kadiwal, https://www.kaggle.com/datasets/adityakadiwal/water-potability",
    "licence": "MIT, as tui-lab itself",
    "stand_in": True,
    "target": "Potability",
    "task": "classification",
    "rows": sum(ROWS),
    "columns": list(COLUMNS),
    "classes": ["0", "1"],
    "baseline": float(f"{max(ROWS) / sum(ROWS):.4g}"),
}


def drawn(seed: int = 0) -> pd.DataFrame:
    """All rows, in a mixed order."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({name: _column(random, *about) for name, about in COLUMNS.items()})
    frame["Potability"] = np.repeat([0, 1], ROWS)
    return frame.iloc[random.permutation(len(frame))]


def _column(
    random: np.random.Generator,
    not_potable: tuple[float, float],
    potable: tuple[float, float],
    bounds: tuple[float, float],
    missing: int,
) -> np.ndarray:
    mean, deviation = np.repeat([not_potable, potable], ROWS, axis=0).T
    values = random.normal(mean, deviation).clip(*bounds).round(4)
    values[random.permutation(len(values))[:missing]] = np.nan
    return values


def build(folder: Path) -> None:
    """Writes data.csv and card.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn().to_csv(folder / "data.csv", index=False, lineterminator="\n")
    text = yaml.safe_dump(CARD, sort_keys=False, width=96, allow_unicode=True)
    (folder / "card.yaml").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    build(HERE / "water_potability")
