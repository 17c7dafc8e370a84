"""Writes the shipped datasets from scikit-learn's bundled copies (`python datasets/build.py`)."""

from pathlib import Path

import yaml
from sklearn import datasets

HERE = Path(__file__).parent
UCI = "UCI Machine Learning Repository, by way of scikit-learn's bundled copy"
CARDS = {
    "breast_cancer": (
        "Breast cancer: benign or malignant",
        "Thirty measurements of cell nuclei in 569 pictures of breast tissue. Tell malignant from "
        "benign.",
        f"Wolberg, Mangasarian, Street, Street (1993), {UCI}",
    ),
    "iris": (
        "Iris: three kinds of flowers",
        "Four lengths and widths of 150 flowers. Tell the three kinds of iris apart.",
        f"Fisher (1936), {UCI}",
    ),
    "wine": (
        "Wine: three growers",
        "Thirteen chemical measurements of 178 wines. Tell which of three growers made each.",
        f"Aeberhard and Forina (1992), {UCI}",
    ),
    "digits": (
        "Digits: 8x8 pictures",
        "1,797 handwritten digits as pictures of 8x8 grey values from 0 to 16. Read the digit.",
        f"Alpaydin and Kaynak (1998), {UCI}",
    ),
    "diabetes": (
        "Diabetes: how far it goes in a year",
        "Ten measurements of 442 patients. Predict a number for how far the disease has gone a "
        "year later.",
        "Efron, Hastie, Johnstone, Tibshirani (2004), Least Angle Regression, by way of "
        "scikit-learn's bundled copy",
    ),
}


def build(name: str) -> None:
    """Writes data.csv and card.yaml of one dataset."""
    options = {"scaled": False} if name == "diabetes" else {}
    bunch = getattr(datasets, f"load_{name}")(as_frame=True, **options)
    columns = [column.replace(" (cm)", "").replace(" ", "_") for column in bunch.data.columns]
    frame = bunch.data.set_axis(columns, axis=1)
    if name == "digits":
        frame = frame.astype(int)
    target = "progression" if name == "diabetes" else "digit" if name == "digits" else "class"
    card = _card(name, len(frame), columns, target)
    if name == "diabetes":
        frame[target] = bunch.target
    else:
        card["classes"] = [str(label) for label in bunch.target_names]
        frame[target] = [card["classes"][number] for number in bunch.target]
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    frame.to_csv(folder / "data.csv", index=False)
    text = yaml.safe_dump(card, sort_keys=False, width=96, allow_unicode=True)
    (folder / "card.yaml").write_text(text, encoding="utf-8")


def _card(name: str, rows: int, columns: list[str], target: str) -> dict[str, object]:
    title, about, source = CARDS[name]
    regression = name == "diabetes"
    card: dict[str, object] = {
        "title": title,
        "about": about,
        "source": source,
        "licence": "published with the paper, free to use" if regression else "CC BY 4.0",
        "task": "regression" if regression else "classification",
        "target": target,
        "rows": rows,
        "columns": columns,
    }
    return card | ({"picture": [1, 8, 8]} if name == "digits" else {})


if __name__ == "__main__":
    for dataset in CARDS:
        build(dataset)
