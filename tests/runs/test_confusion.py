"""The confusion matrix as people read it."""

from tui_lab.runs.confusion import confusion_lines
from tui_lab.runs.summary import read_summary


def lines(classes, counts):
    return confusion_lines({"confusion": {"classes": classes, "counts": counts}})


def test_each_row_of_the_text_is_a_true_class():
    assert lines(["cat", "dog", "fox"], [[12, 0, 1], [0, 9, 0], [2, 0, 103]]) == [
        "test rows   a   b   c  taken for",
        "a cat      12   ·   1",
        "b dog       ·   9   ·",
        "c fox       2   · 103",
        "most often mistaken: fox for cat (2), cat for fox (1)",
    ]


def test_a_perfect_network_is_said():
    assert lines(["no", "yes"], [[3, 0], [0, 4]])[-1] == "no test row was mistaken"


def test_of_many_classes_only_the_mistakes_are_told():
    counts = [[int(i == j) for j in range(30)] for i in range(30)]
    counts[7][9] = 4
    assert lines([str(i) for i in range(30)], counts) == ["most often mistaken: 7 for 9 (4)"]


def test_hostile_class_names_stay_harmless():
    shown = "".join(lines(["\x1b]0;owned\x07", "\u202e[red]"], [[1, 2], [0, 1]]))
    assert shown.isprintable()


def test_a_matrix_that_is_not_square_is_no_summary(tmp_path):
    path = tmp_path / "summary.json"
    whole = '{"parameters": {"total": 1, "trainable": 1}, "seconds": 1.0, "best_epoch": 1'
    for counts, known in (
        ("[[1, 0], [0, 1]]", True),
        ("[[1, 0]]", False),
        ("[[1, -1], [0, 1]]", False),
    ):
        path.write_text(whole + f', "confusion": {{"classes": ["a", "b"], "counts": {counts}}}}}')
        assert bool(read_summary(path)) == known
