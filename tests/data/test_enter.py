"""New rows for a run: columns by name, and one sentence for what can't enter."""

import numpy as np
import pytest

from tui_lab.data.enter import read_rows
from tui_lab.errors import BadInput
from tui_lab.experiment.preparation import Column, SavedPreparation


def saved(*columns: Column, classes=("no", "yes"), **changes) -> SavedPreparation:
    count = sum(len(column.numbers) for column in columns)
    told = {
        "dataset": "t.csv", "task": "classification" if classes else "regression", "rows": 20,
        "columns": columns, "fill": (0.0,) * count, "mean": (0.0,) * count,
        "deviation": (1.0,) * count, "target": "y", "classes": classes, "target_mean": 0.0,
        "target_deviation": 1.0,
    }  # fmt: skip
    return SavedPreparation(**(told | changes))


SIZE, KIND, SOLD = (
    Column(name="size"),
    Column(name="kind", words=("1", "01", "oak")),
    Column(name="sold", words=("false", "true")),
)


def entered(tmp_path, text, *columns, **changes):
    (tmp_path / "new.csv").write_text(text)
    prepared = saved(*columns, **changes)
    rows = read_rows(tmp_path / "new.csv", prepared)
    return rows, rows.raw(prepared, 0, 100)


def test_columns_are_found_by_name_and_others_are_ignored(tmp_path):
    text = "other,kind,size\nx,oak,2\n1,01,\nmore,1,4\n"
    rows, raw = entered(tmp_path, text, SIZE, KIND)
    assert raw.tolist()[0] == [2, 0, 0, 1]
    assert np.isnan(raw[1, 0])
    assert raw[1:, 1:].tolist() == [[0, 1, 0], [1, 0, 0]]
    assert rows.features.index.tolist() == [2, 3, 4]
    assert rows.notes == ('1 missing in "size": filled with the training rows\' median',)
    assert rows.y is None


def test_words_stay_words_where_the_new_rows_hold_only_numbers(tmp_path):
    assert entered(tmp_path, "kind,x\n01,1\n1,1\n", KIND)[1].tolist() == [[0, 1, 0], [1, 0, 0]]


def test_booleans_are_the_same_words_in_any_case(tmp_path):
    assert entered(tmp_path, "sold,x\nTRUE,1\nfalse,1\n", SOLD)[1].tolist() == [[0, 1], [1, 0]]


def test_a_single_column_is_enough_if_the_run_takes_one(tmp_path):
    assert entered(tmp_path, "size\n1.5\n2\n", SIZE)[1].tolist() == [[1.5], [2]]


def test_a_decimal_comma_is_read_as_in_training(tmp_path):
    assert entered(tmp_path, "size;x\n1,5;a\n", SIZE)[1].tolist() == [[1.5]]


def test_an_unknown_word_enters_as_none_of_the_known_and_is_told_safely(tmp_path):
    rows, raw = entered(tmp_path, "kind,x\noak,1\n\x1b[2J,1\n", KIND)
    assert raw.tolist() == [[0, 0, 1], [0, 0, 0]]
    assert rows.notes == (
        '"kind" holds words that training never saw in 1 of 2 rows, first "\\x1b[2J" in line 3: '
        "all its numbers are 0 there",
    )


def test_a_missing_word_is_told(tmp_path):
    rows, raw = entered(tmp_path, "kind,x\noak,1\n,2\n", KIND)
    assert raw.tolist() == [[0, 0, 1], [0, 0, 0]]
    assert rows.notes == ('1 missing in "kind": all its numbers are 0 there',)


def test_missing_columns_are_named_with_the_nearest_there(tmp_path):
    with pytest.raises(BadInput) as error:
        entered(tmp_path, "Sizes,x\n1,2\n", SIZE, KIND)
    told = 'new.csv:1: lacks the columns "size" (did you mean "Sizes"?), "kind"'
    assert str(error.value).endswith(told)
    with pytest.raises(BadInput, match=r'"a4" and 95 more$'):
        entered(tmp_path, "x,y\n1,2\n", *(Column(name=f"a{i}") for i in range(100)))


@pytest.mark.parametrize("rows", ["1\nbig\n3\n", "big\nbig\nbig\n"])
def test_a_text_in_a_column_of_numbers_is_told_with_its_line(tmp_path, rows):
    line = 3 if rows.startswith("1") else 2
    with pytest.raises(BadInput, match=rf'new\.csv:{line}: column "size" holds "big" here'):
        entered(tmp_path, "size\n" + rows, SIZE)


@pytest.mark.parametrize(
    ("classes", "texts", "numbers"),
    [
        (("no", "yes"), "yes\nno\nmaybe\n\n", [1, 0, np.nan]),
        (("0", "1"), "1.0\n0\n", [1, 0]),
        (("false", "true"), "True\nFALSE\n", [1, 0]),
        ((), "1.5\n?\nlater\n1e99\n", [1.5, np.nan, np.nan, np.nan]),
    ],
)
def test_the_target_is_known_where_it_is_there(tmp_path, classes, texts, numbers):
    lines = "".join(f"{i},{text}\n" for i, text in enumerate(texts.split()))
    rows, _ = entered(tmp_path, "size,y\n" + lines, SIZE, classes=classes)
    np.testing.assert_array_equal(rows.y, numbers)


@pytest.mark.parametrize("classes", [("no", "yes"), ()])
def test_a_target_that_says_nothing_is_left_alone(tmp_path, classes):
    assert entered(tmp_path, "size,y\n1,what\n", SIZE, classes=classes)[0].y is None
