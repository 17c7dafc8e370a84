"""A file that is not a table is told in one sentence, with its line; nothing hangs."""

import bz2
import gzip
import io
import lzma
import os
import zipfile

import pytest

from tui_lab.data import open_file
from tui_lab.data.csv_table import csv_facts
from tui_lab.data.table_file import read_table
from tui_lab.errors import BadInput
from tui_lab.experiment.dataset import Csv

ROWS = "".join(f"{i},{i % 2}\n" for i in range(20))
GOOD = "a,y\n" + ROWS
ESCAPES = ["\x1b]0;owned\a", "\x1b[2J", "\x9b31m", "\u202e", "\u2066", "a\u0301" + "\u0301" * 1000]


def mistake(path, content, target="y"):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadInput) as caught:
        csv_facts(Csv(csv=str(path), target=target))
    sentence = str(caught.value)
    assert sentence.isprintable()
    return sentence.replace(f"{path}:", "")


def zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", GOOD)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("\n \n\n", "is empty"),
        ("a,y\n", "has a header but no rows"),
        ("a,y\n1,2,3\n" + ROWS, "2: this row has 3 fields, the header has 2"),
        ("a,y\n" + ROWS + "\n7\n", "23: this row has 1 field, the header has 2"),
        (b"a,y\n1,2\n3,\0\n", "3: is not a text table: it holds NUL bytes"),
        (GOOD.encode("utf-16-le"), "1: is not a text table: it holds NUL bytes"),
        ('a,y\n1,2\n"3,4\n5,6\n', "3: a quote"),
        ('a,y\n1,2\n"3"x,4\n', "3: a quote"),
        ("<!DOCTYPE html>\n<html></html>", "1: holds HTML or JSON"),
        ("\n  <table><tr>", "1: holds HTML or JSON"),
        ('{"a": [1, 2]}', "1: holds HTML or JSON"),
        ('[{"a": 1}]', "1: holds HTML or JSON"),
        (gzip.compress(gzip.compress(GOOD.encode())), "holds another gzip file"),
        (gzip.compress(GOOD.encode())[:-4], "is a damaged or incomplete gzip file"),
        (gzip.compress(GOOD.encode()) + b"x", "is a damaged or incomplete gzip file"),
        (gzip.compress(b"x,y\n" + b"1,0\n" * 30_000_000), "unpacks to more than 200 times"),
        (bz2.compress(GOOD.encode()), "bzip2"),
        (lzma.compress(GOOD.encode()), "xz"),
        (zipped(), "zip"),
        (b"PAR1" + bytes(100), "is a damaged Parquet file"),
        ("データ,y\n".encode("shift-jis") + ROWS.encode(), "save it as UTF-8"),
        ("a,a\n" + ROWS, '1: 2 columns are named "a"'),
        ("a,\n" + ROWS, "1: column 2 has no name"),
        ("5.1,setosa\n4.9,setosa\n", '1: has no header: the first line should name the columns'),
        ("1,2\n" + ROWS, "1: has no header"),
        ("a b\n1 2\n", "1: has only one column"),
        (",".join(f"c{i}" for i in range(100_000)) + "\n", "1: has 100,000 columns"),
        ("a,y\n" + "x" * 100_000_000 + ",1\n", "2: a field here is longer than"),
        ("a,y\n1,2\n3,4\n", "has 2 rows with a target; at least 10"),
        ("z,b\n" + ROWS, 'no column "y" (columns: z, b)'),
    ],
    ids=lambda value: str(value[:20]) if isinstance(value, str) else "bytes",
)  # fmt: skip
def test_what_is_not_a_table_is_told(tmp_path, content, said):
    assert said in mistake(tmp_path / "t.csv", content)


@pytest.mark.parametrize(
    "word", ["inf", "-inf", "Infinity", "1e400", pytest.param("9" * 400, id="9")]
)
def test_an_infinite_number_is_told_with_column_and_line(tmp_path, word):
    rows = "".join(f'"q\nr",{i},{i % 2}\n' for i in range(15))
    said = mistake(tmp_path / "t.csv", f"b,a,y\n\n{rows}\nz,{word},1\n")
    assert said.startswith('34: column "a" holds an infinite number')


def test_a_number_over_float32_is_told_with_column_and_line(tmp_path):
    said = mistake(tmp_path / "t.csv", GOOD + "1e39,1\n")
    assert said.startswith('22: column "a" holds 1e+39')


@pytest.mark.parametrize("header", ["a,y", "y,a"])
def test_a_text_among_numbers_is_told_with_column_and_line(tmp_path, header):
    said = mistake(tmp_path / "t.csv", f"{header}\n{ROWS}\nfoo,1\n")
    assert said.startswith(f'23: column "{header[0]}" holds "foo" here, but numbers elsewhere')


def test_a_target_with_many_texts_among_its_numbers_is_a_mistake_too(tmp_path):
    rows = "".join(f"{i},{'x' if i % 4 == 3 else i}\n" for i in range(20))
    assert mistake(tmp_path / "t.csv", "a,y\n" + rows).startswith('5: column "y" holds "x"')


@pytest.mark.parametrize(
    ("target", "said"),
    [("petal_lenght", 'did you mean "petal_length"?'), ("?", "(columns: petal_length, kind)")],
)
def test_a_target_that_is_not_there_lists_the_columns(tmp_path, target, said):
    assert said in mistake(tmp_path / "t.csv", "petal_length,kind\n" + ROWS, target)


def test_a_file_that_is_not_there_names_the_nearest(tmp_path):
    (tmp_path / "penguins.csv").touch()
    with pytest.raises(BadInput, match=r'no file ".*/pengins.csv"; did you mean "penguins.csv"'):
        read_table(tmp_path / "pengins.csv")
    with pytest.raises(BadInput, match="no file"):
        read_table(tmp_path / "nowhere" / "pengins.csv")


def test_only_regular_files_are_read_and_a_pipe_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(BadInput, match=r"is not a file|Is a directory"):
            csv_facts(Csv(csv=str(path), target="y"))


@pytest.mark.parametrize("name", ["a\0b", "\udcff\ud800", "x" * 300, "x" * 4000, "loop"])
def test_a_name_that_can_not_be_opened_is_told(tmp_path, name):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(BadInput, match="can't read") as caught:
        csv_facts(Csv.model_construct(csv=str(tmp_path / name), target="y"))
    assert str(caught.value).isprintable()


def test_a_file_without_permission_is_told(tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(open_file.os, "open", refused)
    with pytest.raises(BadInput, match=r'can\'t read ".*/t.csv": Permission denied'):
        read_table(tmp_path / "t.csv")


def test_a_file_that_grows_while_it_is_read_is_told(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    path.write_text(GOOD)
    real = os.fstat

    def grown(handle):
        about = real(handle)
        with path.open("a") as file:
            file.write("1,1\n")
        return about

    monkeypatch.setattr(open_file.os, "fstat", grown)
    with pytest.raises(BadInput, match="changed while it was read"):
        read_table(path)


def test_a_file_larger_than_memory_is_refused_unread_with_what_it_would_need(tmp_path):
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(10**13)
    with pytest.raises(BadInput, match=r"needs about 60,000\.0 GB of memory, but only"):
        read_table(tmp_path / "huge.csv")


def test_facts_are_read_again_when_the_file_changes(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(GOOD)
    dataset = Csv(csv=str(path), target="y")
    assert csv_facts(dataset).rows == 20
    assert csv_facts(dataset) is csv_facts(dataset)
    path.write_text(GOOD + "7,1\n")
    assert csv_facts(dataset).rows == 21


@pytest.mark.parametrize("escape", ESCAPES)
def test_hostile_text_is_only_shown_as_escapes(tmp_path, escape):
    """Names and cells reach messages in many ways; none lets a control character through."""
    long = escape + "x" * 10_000
    path = tmp_path / f"{escape.replace('/', '')[:50]}.csv"
    numbers = "".join(f"{i},{i % 2}\n" for i in range(20))
    for header, last, target in [
        (f"{long},{long}", "1,1", "y"),
        (f"{long},y", "inf,1", "y"),
        (f"{long},y", f"{long},1", "y"),
        (f"y,{long}", f"{long},1", "y"),
        (f"a,{long}", "1,1", "y"),
        ("a,y", "1,1", long),
    ]:
        said = mistake(path, f"{header}\n{numbers}{last}\n", target)
        assert len(said) < 3000
        assert escape not in said
    with pytest.raises(BadInput) as caught:
        read_table(tmp_path / escape)
    assert str(caught.value).isprintable()


def test_a_container_may_have_less_memory_than_the_machine(tmp_path, monkeypatch):
    """What it keeps of files that were read is as good as free."""
    table = tmp_path / "t.csv"
    table.write_text(GOOD)
    monkeypatch.setattr(open_file, "CONTAINER", tmp_path)
    whole = open_file.free_memory()
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("990\n")
    (tmp_path / "memory.stat").write_text("anon 900\ninactive_file 60\n")
    assert open_file.free_memory() == 70 < whole
    with pytest.raises(BadInput, match=r"needs about .* GB of memory"):
        read_table(table)
    (tmp_path / "memory.max").write_text("max\n")
    assert open_file.free_memory() > 1000
