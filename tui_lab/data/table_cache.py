"""The columns of a large table as they were read, so that the next reading takes a moment."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tui_lab.data import tensor_cache
from tui_lab.data.columns import is_number
from tui_lab.data.digest import digest_of_file
from tui_lab.data.tensor_cache import Tensors, text_of, text_tensor

Found = tuple[pd.DataFrame, list[str]]
"""A table and the notes on how it was read."""


def place_of(path: Path, numbers: Collection[str] | None) -> Path:
    """Where the cache of a table is, or would be."""
    wanted = None if numbers is None else sorted(numbers)
    return tensor_cache.place_of(["columns", digest_of_file(path), wanted])


def recall(place: Path) -> Found | None:
    """The table of a cache; None if there is none, or it is damaged."""
    return tensor_cache.recall(place, _table)


def keep(place: Path, frame: pd.DataFrame, notes: list[str]) -> None:
    """Numbers as they are, and of text each word once."""
    tensors = {"lines": frame.index.to_numpy(np.int64)}
    for number, (_, column) in enumerate(frame.items()):
        if is_number(column):
            tensors[f"{number}"] = column.to_numpy()
        else:
            codes, words = pd.factorize(column)
            tensors[f"{number}"] = codes.astype(np.int32)
            tensors[f"{number} words"] = text_tensor(json.dumps(list(words)))
    about = {"names": [str(name) for name in frame.columns], "notes": notes}
    tensor_cache.keep(place, json.dumps(about), tensors)


def _table(about: str, tensors: Tensors) -> Found:
    told, index = json.loads(about), pd.Index(tensors["lines"])
    columns = {}
    for number, name in enumerate(told["names"]):
        column = pd.Series(_column(tensors, f"{number}"), name=name, copy=False)
        columns[name] = column.set_axis(index)
    return pd.DataFrame(columns, index, copy=False), told["notes"]


def _column(tensors: Tensors, number: str) -> Any:
    """Numbers, or texts that pandas takes for a column."""
    words = tensors.get(f"{number} words")
    if words is None:
        return tensors[number]
    return pd.array(json.loads(text_of(words)), dtype="str").take(tensors[number], allow_fill=True)
