"""However a table is written down, it is the same table; and what was recognised is told."""

import gzip

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_lab.data import cells, open_file, rows, text_file
from tui_lab.data.progress import Cancelled, reporting
from tui_lab.data.table_file import read_table
from tui_lab.errors import BadInput
from tui_lab.experiment.dataset import Csv

ROWS = "".join(f"{i}.5,wört {i % 3},{i % 2}\n" for i in range(40))
TEXT = "size,kind,y\n" + ROWS


def notes_of(path, content: bytes):
    path.write_bytes(content)
    return Csv(csv=str(path), target="y").facts().notes


def read_as(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path)[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_a_packed_table_is_the_table(tmp_path, encoding):
    packed = read_as(tmp_path / "a", gzip.compress(TEXT.encode(encoding)))
    pd.testing.assert_frame_equal(packed, read_as(tmp_path / "b", TEXT))


@pytest.mark.parametrize(
    ("text", "encoding", "note"),
    [
        (TEXT, "cp1252", "read with Windows-1252"),
        (TEXT, "utf-16", "read with UTF-16"),
        (TEXT.replace(",", "\t"), "utf-8", "read with tabs"),
        (TEXT.replace(",", "|") + "?|N/A|1\n", "utf-8",
         'read with vertical bars, "?", "N/A" as missing'),
        (TEXT.replace(",", ";").replace(".", ","), "cp1252",
         "read with semicolons, decimal commas, Windows-1252"),
        (TEXT + "-,null,1\n", "utf-8", 'read with "-", "null" as missing'),
    ],
    ids=["Windows", "UTF-16", "tabs", "bars", "commas", "words"],
)  # fmt: skip
def test_what_was_recognised_is_told(tmp_path, text, encoding, note):
    assert note in notes_of(tmp_path / "t", text.encode(encoding))


@pytest.mark.parametrize("text", [TEXT, TEXT + ",,1\n", TEXT.replace(".5", ""), "\ufeff" + TEXT],
                         ids=["words", "holes", "whole", "mark"])  # fmt: skip
def test_what_is_usual_is_not_told(tmp_path, text):
    assert not [note for note in notes_of(tmp_path / "t", text.encode()) if "read with" in note]


def test_a_file_of_validation_rows_tells_how_it_was_read(tmp_path):
    (tmp_path / "own.csv").write_text(TEXT)
    (tmp_path / "more.csv").write_text(TEXT.replace(",", ";"))
    dataset = Csv(csv=str(tmp_path / "own.csv"), target="y", test=str(tmp_path / "more.csv"))
    assert "more.csv: read with semicolons" in dataset.facts().notes


def test_letters_that_only_come_late_decide_the_encoding(tmp_path, monkeypatch):
    """After what is looked at together: as UTF-8 all parts together, or else none of them."""
    monkeypatch.setattr(text_file, "PART", 100)
    many = "a,b\n" + "x,1\n" * 100
    assert read_as(tmp_path / "t", many + "ö,1\n")["a"].iloc[-1] == "ö"
    assert read_as(tmp_path / "t", (many + "ö,1\n").encode("cp1252"))["a"].iloc[-1] == "ö"
    with pytest.raises(BadInput, match="neither UTF-8 nor Western"):
        read_as(tmp_path / "t", "a,b\nこ,1\n".encode() + many.encode() + b"\xf6,1\n")


FIELDS = ["1", "2.5", "", "NA", "x", "True", "false", "9" * 20, "-1", "18446744073709551615", "1e5"]
COLUMN = st.lists(st.sampled_from(FIELDS), min_size=1, max_size=3)


@given(st.data())
@settings(max_examples=100)
def test_a_table_is_the_same_however_many_rows_are_read_together(tmp_path_factory, data):
    """Numbers in one part and words in the next are what they are when all is read at once."""
    kinds = data.draw(st.lists(COLUMN, min_size=2, max_size=4))
    row = st.tuples(*map(st.sampled_from, kinds)).map(",".join)
    lines = data.draw(st.lists(row, min_size=1, max_size=12))
    path = tmp_path_factory.getbasetemp() / "parts.csv"
    path.write_text("\n".join([",".join("abcd"[: len(kinds)]), *lines]))
    tables = []
    for at_once in (1, 4, 2**20):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cells, "AT_ONCE", at_once)
            tables.append(or_told(path))
    for table in tables[:-1]:
        if isinstance(tables[-1], str):
            assert table == tables[-1]
        else:
            pd.testing.assert_frame_equal(table, tables[-1], check_dtype=False)


@given(
    st.lists(
        st.lists(st.sampled_from(["1", "x", " ", "", "\t", "é"]), max_size=4).map(",".join),
        max_size=9,
    ),
    st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(),
)  # fmt: skip
@settings(max_examples=300)
def test_counting_bytes_finds_the_rows_that_reading_every_field_finds(
    tmp_path_factory, lines, delimiter, newline, is_ended
):
    path = tmp_path_factory.getbasetemp() / "rows.csv"
    content = newline.join(["a,b", *lines]).replace(",", delimiter) + newline * is_ended
    path.write_bytes(content.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_file, "PART", 5)
        text = text_file.text_file(path)
        quick = rows._quickly(text, delimiter)
    if quick:
        careful = rows._carefully(text, delimiter, fewest=2)
        assert quick[0] == careful[0]
        assert quick[1].tolist() == careful[1].tolist()


def test_most_tables_are_counted_quickly(tmp_path):
    for newline in ("\n", "\r\n"):
        (tmp_path / "t").write_bytes(TEXT.replace("\n", newline).encode())
        assert rows._quickly(text_file.text_file(tmp_path / "t"), ",")


@pytest.mark.parametrize("line", ["  ", '""', "x"])
def test_a_line_of_spaces_in_a_single_column_is_no_row_or_told(tmp_path, line):
    (tmp_path / "t").write_text(f"a\n1\n{line}\n2\n")
    told = or_told(tmp_path / "t", [])
    assert len(told) == 3 if line != "  " else "nothing but spaces" in told


def or_told(path, numbers=None):
    try:
        return read_table(path, numbers)[0]
    except BadInput as error:
        return str(error)


def test_reading_tells_how_far_it_is_and_can_be_stopped(tmp_path):
    (tmp_path / "t").write_bytes(gzip.compress(TEXT.encode()))
    done = []
    with reporting(done.append):
        read_table(tmp_path / "t")
    assert done == sorted(done)
    assert done[-1] == 1

    def stop(share: float) -> None:
        if share > 0.2:
            raise Cancelled

    with pytest.raises(Cancelled), reporting(stop):
        read_table(tmp_path / "t")


def test_a_packed_file_that_would_not_fit_is_refused_while_it_is_unpacked(tmp_path, monkeypatch):
    (tmp_path / "t").write_bytes(gzip.compress(TEXT.encode() * 1000))

    class Memory:
        available = 1_000_000

    monkeypatch.setattr(open_file.psutil, "virtual_memory", Memory)
    with pytest.raises(BadInput, match="GB of memory, but only"):
        read_table(tmp_path / "t")
