"""What a CSV file holds is what the table holds, however it was written."""

import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.data.table_file import read_table

ROWS = [(0.5 + i, f"wört{i % 3}", i % 2) for i in range(12)]
TEXT = "zahl,text,y\n" + "".join(f"{a},{b},{c}\n" for a, b, c in ROWS)


def read(tmp_path, content):
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path)[0]


def is_the_table(frame):
    assert list(frame.columns) == ["zahl", "text", "y"]
    assert [tuple(row) for row in frame.itertuples(index=False)] == ROWS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_every_usual_encoding_is_read(tmp_path, encoding):
    is_the_table(read(tmp_path, TEXT.encode(encoding)))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_usual_delimiter_and_line_end_is_read(tmp_path, delimiter, newline):
    is_the_table(read(tmp_path, TEXT.replace(",", delimiter).replace("\n", newline)))


def test_a_decimal_comma_is_a_number(tmp_path):
    content = TEXT.replace(",", ";").replace(".", ",")
    is_the_table(read(tmp_path, content))


@pytest.mark.parametrize(
    ("rows", "decimal_comma", "note"),
    [
        ("12.5 987 1,234 2,500", False, '"1,234" was read as text'),
        ("987 1,234 1,234,567", False, '"1,234" was read as text'),
        ("987 1,234 2,500", True, '"1,234" was read as 1.234'),
        ("987 1,234 2,5", True, ""),
    ],
    ids=["points", "groups", "doubtful", "certain"],
)
def test_a_comma_between_thousands_is_no_decimal_sign_unless_it_is_told(
    tmp_path, rows, decimal_comma, note
):
    path = tmp_path / "table.tsv"
    path.write_text("a\tb\n" + "".join(f"{number}\t1\n" for number in rows.split()))
    frame, notes = read_table(path)
    assert (frame["a"].dtype == float) == decimal_comma
    assert [said for said in notes if "was read as" in said and note in said] or not note
    assert note or "was read as" not in "".join(notes)


def test_a_decimal_point_in_one_column_says_that_commas_in_others_are_none(tmp_path):
    content = "a\tb\n1,234\t1.5\n987\t2.5\n2,500\t3\n"
    assert list(read(tmp_path, content)["a"]) == ["1,234", "987", "2,500"]


def test_a_quoted_header_may_hold_other_delimiters(tmp_path):
    frame = read(tmp_path, '"a;b;c;d","y"\n' + "1,2\n" * 3)
    assert list(frame.columns) == ["a;b;c;d", "y"]


@pytest.mark.parametrize("word", ["", "NA", "?", "-", "null", "NaN", "n/a", "N/A", "Null", " na "])
def test_missing_words_are_missing_among_numbers_and_among_texts(tmp_path, word):
    rows = "".join(f"{i},{'ab'[i % 2]}\n" for i in range(9))
    frame = read(tmp_path, f"number,text\n{rows}{word},{word}\n")
    assert frame["number"].dtype == float
    assert list(frame.isna().sum()) == [1, 1]


def test_texts_that_only_look_like_missing_words_stay(tmp_path):
    frame = read(tmp_path, "a,b\n" + "1,none\n2,None\n3,nada\n")
    assert list(frame["b"]) == ["none", "None", "nada"]


def test_booleans_are_the_texts_true_and_false(tmp_path):
    frame = read(tmp_path, "a,b,c\n" + "true,True,1\nFALSE,False,2\nTrue,,3\n")
    assert list(frame["a"]) == ["true", "false", "true"]
    assert list(frame["b"].dropna()) == ["true", "false"]
    assert frame["b"].isna().sum() == 1


def test_whole_numbers_of_any_length_are_numbers(tmp_path):
    frame = read(tmp_path, "a,b\n" + f"1,2\n{'9' * 30},3\n")
    assert list(frame["a"]) == [1.0, 1e30]


def test_the_index_is_the_line_in_the_file(tmp_path):
    frame = read(tmp_path, '\n\na,b\n1,x\n\n2,"two\nlines"\n3,z\n\n')
    assert list(frame.index) == [4, 6, 8]
    assert list(frame["b"]) == ["x", "two\nlines", "z"]


def test_names_are_kept_as_they_are(tmp_path):
    names = ["[red]", "[@click=app.quit]x[/]", "{b}", "<i>x</i>", "2019", "=cmd|' /C calc'!A0"]
    frame = read(tmp_path, ",".join(names) + "\n" + "1,2,3,4,5,6\n")
    assert list(frame.columns) == names


CELL = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.floats(-1e30, 1e30).map(str),
    st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=6),
)


@given(
    rows=st.integers(2, 4).flatmap(
        lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1)
    ),
    delimiter=st.sampled_from(",;\t|"),
)
def test_every_cell_is_what_was_written(tmp_path_factory, rows, delimiter):
    """Shifted, lost and merged cells would differ from what the csv module wrote."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(f"c{i}" for i in range(len(rows[0])))
    writer.writerows([f"x{cell}" for cell in row] for row in rows)
    frame = read(tmp_path_factory.mktemp("csv"), text.getvalue())
    given = [[f"x{cell}".strip() for cell in row] for row in rows]
    assert frame.to_numpy().tolist() == given


@given(st.lists(st.floats(-1e38, 1e38), min_size=1))
def test_every_number_is_what_was_written(tmp_path_factory, numbers):
    text = "a,b\n" + "".join(f"{number},1\n" for number in numbers)
    frame = read(tmp_path_factory.mktemp("csv"), text)
    np.testing.assert_allclose(frame["a"].to_numpy(float), numbers, rtol=1e-12)


def test_reading_leaves_the_file_and_gives_a_table_of_its_own(tmp_path):
    first = read(tmp_path, TEXT)
    first.iloc[0, 0] = 99
    assert isinstance(first, pd.DataFrame)
    is_the_table(read_table(tmp_path / "table.csv")[0])
