"""What is done to a table on the way to numbers is said."""

from tui_lab.experiment.dataset import Csv


def test_words_and_missing_numbers_are_said(tmp_path):
    rows = "".join(f"{'' if i < 3 else i},{'ab'[i % 2]},{i % 2}\n" for i in range(40))
    (tmp_path / "t.csv").write_text("size,kind,y\n" + rows)
    why = "; ".join(Csv(csv=str(tmp_path / "t.csv"), target="y").facts().notes)
    assert 'one number for each word of "kind"' in why
    assert "3 missing numbers are filled with the median of the training rows" in why


def test_nothing_is_said_where_nothing_is_done(tmp_path):
    (tmp_path / "t.csv").write_text("size,y\n" + "".join(f"{i},{i % 2}\n" for i in range(40)))
    facts = Csv(csv=str(tmp_path / "t.csv"), target="y").facts()
    assert facts.notes == ()
    assert facts.why == '"y" holds 2 different whole numbers: classes'


def test_missing_words_are_said(tmp_path):
    rows = "".join(f"{i},{'' if i < 2 else 'ab'[i % 2]},{i % 2}\n" for i in range(40))
    (tmp_path / "t.csv").write_text("size,kind,y\n" + rows)
    why = "; ".join(Csv(csv=str(tmp_path / "t.csv"), target="y").facts().notes)
    assert "2 missing words are 0 in all their numbers" in why


def test_words_that_no_training_row_holds_are_said(tmp_path):
    """They have a number of their own, whose weight stays what it was at the start."""
    rows = [f"{i},{'red' if i % 2 else 'blue'},{i % 3},train" for i in range(40)]
    rows += [f"{i},{'teal' if i % 2 else 'red'},{i % 3},test" for i in range(8)]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["x,colour,y,split", *rows]))
    (note,) = [
        note
        for note in Csv(csv=str(path), target="y", split_column="split").facts().notes
        if "nothing can be learned of them" in note
    ]
    assert note.startswith('⚠ 4 validation or test rows hold words of "colour"')
    assert '"teal"' in note
