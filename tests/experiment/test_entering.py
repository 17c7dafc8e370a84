"""Taking columns in and out, and what another target does to them."""

import pytest

from tui_lab.experiment.dataset import Csv
from tui_lab.experiment.entering import aimed, toggled, why_not

KINDS = {"a": "numbers", "b": "words", "part": "words", "id": "identifier", "y": "words"}
TABLE = Csv(csv="/t.csv", target="y")


@pytest.mark.parametrize(
    ("dataset", "out"),
    [
        (TABLE, {"id"}),
        (TABLE.replace(split_column="part"), {"id", "part"}),
        (TABLE.replace(columns=("a", "id")), {"b", "part"}),
    ],
)
def test_columns_enter_by_their_kind_or_because_they_were_asked_for(dataset, out):
    assert {name for name, kind in KINDS.items() if why_not(dataset, name, kind)} == out


def test_taking_a_column_out_and_in_again_leaves_the_dataset_as_it_was():
    without = toggled(TABLE, KINDS, "b")
    assert without.columns == ("a", "part")
    assert toggled(without, KINDS, "b") == TABLE
    assert toggled(TABLE.replace(columns=("a",)), KINDS, "a").columns == ("a",)


def test_the_target_before_enters_if_one_can_learn_from_it():
    assert aimed(TABLE, KINDS, "b") == TABLE.replace(target="b")
    chosen = TABLE.replace(columns=("a", "b"), task="regression")
    assert aimed(chosen, KINDS, "b") == TABLE.replace(target="b", columns=("a", "y"))
    at_name = TABLE.replace(target="id", columns=("a",))
    assert aimed(at_name, KINDS, "b") == TABLE.replace(target="b", columns=("a",))
