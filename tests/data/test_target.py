"""The task is inferred from the target, with the reason; class names stay what they are."""

import pandas as pd
import pytest
from click.testing import CliRunner

from tui_lab.cli import main
from tui_lab.data.csv_table import csv_facts
from tui_lab.data.prepare import prepare
from tui_lab.data.table import load
from tui_lab.errors import BadInput
from tui_lab.experiment.dataset import Csv


def table_of(tmp_path, target, **columns):
    frame = pd.DataFrame({"n": range(len(target)), **columns, "y": target})
    frame.to_csv(tmp_path / "t.csv", index=False)
    return Csv(csv=str(tmp_path / "t.csv"), target="y")


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (["b", "a"], ("a", "b")),
        ([0.0, 1.0], ("0", "1")),
        ([True, False], ("false", "true")),
        ([1, 2, 3], ("1", "2", "3")),
        ([-1, 1], ("-1", "1")),
        ([-10, -2, 5], ("-10", "-2", "5")),
        ([1e15, 1e15 + 1], ("1000000000000000", "1000000000000001")),
        (["[red]", "\x1b[2J", "é"], ("\x1b[2J", "[red]", "é")),
    ],
)
def test_texts_and_few_whole_numbers_are_classes_numbered_from_0(tmp_path, values, classes):
    target = values * 10
    table = load(table_of(tmp_path, target))
    assert table.facts.task == "classification"
    assert table.facts.classes == classes
    given = [table.facts.classes[number] for number in table.y]
    assert given == [str(v).lower() if isinstance(v, bool) else v if isinstance(v, str)
                     else f"{v:.0f}" for v in target]  # fmt: skip


@pytest.mark.parametrize(
    "target",
    [
        [0.0, 0.3, 1.0] * 10,
        [i / 7 for i in range(30)],
        list(range(30)),
        list(range(-100, 200, 10)),
    ],
)
def test_other_numbers_are_a_regression(tmp_path, target):
    table = load(table_of(tmp_path, target))
    assert table.facts.task == "regression"
    assert table.facts.classes == ()
    assert list(table.y) == pytest.approx(target)


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (["a", "b"] * 10, '"y" holds 2 different texts: classes'),
        ([3, 4] * 10, '"y" holds 2 different whole numbers: classes'),
        ([i / 3 for i in range(20)], '"y" holds 20 different numbers: a regression'),
    ],
)
def test_the_reason_is_said(tmp_path, target, why):
    assert csv_facts(table_of(tmp_path, target)).why == why


@pytest.mark.parametrize(
    ("values", "may_be"),
    [([3, 4, 5, 6, 7, 8], True), ([1, 2, 3], False), ([1, 2, 3, 4, 5, 60], False)],
)
def test_whole_numbers_in_a_row_may_be_grades_and_that_is_said(tmp_path, values, may_be):
    dataset = table_of(tmp_path, values * 6)
    note = 'if "y" holds grades or counts, take the task regression'
    assert csv_facts(dataset).classes == tuple(map(str, values))
    assert (note in csv_facts(dataset).notes) == may_be
    assert note not in csv_facts(dataset.replace(task="classification")).notes


@pytest.mark.parametrize(
    ("rows_of_each", "task"),
    [
        ([1, 9, 40, 38, 10, 1], "regression"),
        ([10, 9, 40, 38, 10, 11], "classification"),
        ([1, 40, 9, 38, 10, 1], "classification"),
        ([16, 17, 16, 17, 16, 17], "classification"),
        ([1, 40, 40, 38, 1], "classification"),
    ],
)
def test_whole_numbers_that_get_rarer_from_the_middle_on_are_grades(tmp_path, rows_of_each, task):
    values = [3 + place for place, rows in enumerate(rows_of_each) for _ in range(rows)]
    facts = csv_facts(table_of(tmp_path, values))
    assert facts.task == task
    assert ("as grades do" in facts.why) == (task == "regression")


def test_the_command_line_says_the_reason(tmp_path):
    table_of(tmp_path, [0, 1] * 10)
    (tmp_path / "p.yaml").write_text("dataset: {csv: t.csv, target: y}")
    done = CliRunner().invoke(main, ["check", str(tmp_path / "p.yaml")])
    assert 'note: "y" holds 2 different whole numbers: classes' in done.stderr
    assert done.exit_code == 0


def test_what_is_left_out_is_said(tmp_path):
    empty, same, names = [None] * 20, [7] * 20, [f"name{i}" for i in range(20)]
    dataset = table_of(tmp_path, ["a", "b"] * 9 + [None, "a"], e=empty, s=same, t=names)
    facts = csv_facts(dataset)
    assert facts.columns == ("n",)
    assert facts.rows == 19
    for said in (
        'left out, being empty: "e"',
        'left out, being the same in all rows: "s"',
        'left out, being text that differs in most rows, like names: "t"',
        "1 row without a target was left out",
    ):
        assert said in "; ".join(facts.notes)


def test_a_class_with_too_few_rows_for_three_splits_is_said_and_still_learned(tmp_path):
    dataset = table_of(tmp_path, ["a"] * 10 + ["b"] * 10 + ["one", "two", "two"])
    assert 'too few rows to be in all three splits: "one", "two"' in csv_facts(dataset).why
    for seed in range(10):
        data = prepare(dataset.replace(seed=seed))
        assert set(data.train.y) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ([5] * 20, "the same in all rows"),
        (["yes"] * 20, "the same in all rows"),
        ([None] * 20, "0 rows with a target; at least 10"),
        ([1, 2] * 4, "8 rows with a target; at least 10"),
        ([f"name{i}" for i in range(20)], "20 different texts in 20 rows"),
    ],
)
def test_a_target_that_can_not_be_learned_is_told(tmp_path, target, said):
    with pytest.raises(BadInput, match=said):
        csv_facts(table_of(tmp_path, target))


def test_a_table_with_nothing_beside_the_target_is_told(tmp_path):
    with pytest.raises(BadInput, match="no column to learn from"):
        csv_facts(table_of(tmp_path, ["a", "b"] * 10, n=[1] * 20))
