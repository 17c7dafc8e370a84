"""Whatever is in a file, reading it gives a table or one printable sentence, in bounded time."""

import gzip
import os
import subprocess
import sys

import limited
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tui_lab.data.prepare import prepare
from tui_lab.data.table_file import read_table
from tui_lab.errors import BadInput
from tui_lab.experiment.dataset import Csv

NUMBERS = ["1", "2", " 7 ", "-2.5", "1e5", "3.4e38", "1e-300", "9" * 30, "１２", "0x1F", "1_000"]
WORDS = ["", "NA", "?", "true", "False", "a", "é", '""', '"x"', '"a,b"', '"\n"', "2020-01-01"]
TAME = NUMBERS + WORDS
ODD = ["1e39", "inf", '"', "\0", "\x1b[2J", "\u202e", "1,5", "9" * 400, "\ud7ff", "\\", "\ufeff"]
FIELDS = st.sampled_from(TAME + ODD)
ROW = st.lists(FIELDS, max_size=4).map(",".join)
GRAMMAR = st.builds(
    lambda lines, delimiter, newline: newline.join(lines).replace(",", delimiter).encode(),
    st.lists(ROW, max_size=6).map(lambda rows: [*rows, *rows, *rows]),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
COLUMN = st.lists(st.sampled_from(TAME), min_size=1, max_size=4)
HEADED = st.lists(COLUMN, min_size=2, max_size=4).flatmap(
    lambda columns: st.lists(
        st.tuples(*map(st.sampled_from, columns)).map(",".join), min_size=12, max_size=24
    ).map(lambda rows: "\n".join([",".join("wxyz"[: len(columns)]), *rows]).encode())
)


def or_told(do, *given):
    """What `do` gives, or None if it told in a printable sentence what is wrong."""
    try:
        return do(*given)
    except BadInput as error:
        said = str(error)
    assert said.isprintable()
    return None


def is_a_table_or_told(path, content):
    path.write_bytes(content)
    found = or_told(read_table, path)
    for target in found[0].columns if found else ():
        data = or_told(prepare, Csv(csv=str(path), target=target))
        for split in (data.train, data.validation, data.test) if data else ():
            assert np.isfinite(split.x).all()
            assert np.isfinite(split.y).all()


def changed(content: bytes):
    """The same with some bytes put in, taken out or replaced."""
    change = st.tuples(st.integers(0, len(content)), st.integers(0, 3), st.binary(max_size=3))
    return st.lists(change, min_size=1, max_size=4).map(lambda changes: _with(content, changes))


def _with(content: bytes, changes) -> bytes:
    for at, gone, put in changes:
        content = content[:at] + put + content[at + gone :]
    return content


GOOD = b"a,b,y\n" + b"".join(b"%d,x%d,%d\n" % (i, i % 3, i % 2) for i in range(30))
PACKED = gzip.compress(GOOD, mtime=0)
ANYTHING = st.one_of(
    st.binary(max_size=300), GRAMMAR, GRAMMAR.map(gzip.compress), HEADED,
    changed(GOOD), changed(GOOD.replace(b",", b";")), changed(PACKED),
    changed(GOOD.decode().encode("utf-16")),
)  # fmt: skip


@given(ANYTHING, st.sampled_from([None, ["a"], ["w", "y"]]))
@settings(max_examples=1500)
def test_whatever_is_in_a_file_is_a_table_or_told(path, content, numbers):
    path.write_bytes(content)
    found = or_told(read_table, path, numbers)
    if found:
        frame, notes = found
        assert frame.index.is_monotonic_increasing
        assert " ".join(notes).isprintable()


@pytest.fixture(scope="module", autouse=True)
def little_memory():
    with limited.memory(2**30):
        yield


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "table.csv"


@given(st.binary(max_size=300))
@example(b"\xff\xfea\x00\x00\xd8")
@example(b'a,b\n1,2\n""\n')
@example(b"a,b\n1,2\n  \n3,4\n")
@settings(max_examples=150)
def test_any_bytes(path, content):
    is_a_table_or_told(path, content)


@given(GRAMMAR)
@settings(max_examples=150)
def test_lines_of_odd_fields(path, content):
    is_a_table_or_told(path, content)


@given(HEADED)
@settings(max_examples=100)
def test_tables_of_odd_fields(path, content):
    is_a_table_or_told(path, content)


@given(changed(GOOD))
@settings(max_examples=100)
def test_a_good_file_with_some_bytes_changed(path, content):
    is_a_table_or_told(path, content)


BOMBS = {
    "quotes": b"a,b\n" + b'"' * 5_000_000,
    "delimiters": b"," * 5_000_000,
    "blank lines": b"a,b\n" + b"\n" * 5_000_000,
    "spaces": b" " * 5_000_000,
    "open brackets": b"[" * 5_000_000,
    "one field": b"a,b\n" + b"x" * 50_000_000,
    "long names": b"x" * 100_000 + b",y\n" + b"1,2\n" * 10,
    "many texts": b"a,b\n" + b"".join(b"t%d,u%d\n" % (i, i) for i in range(200_000)),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_told_within_limits_of_memory_and_time(tmp_path, bomb):
    """Limits of the process, so that a regression fails instead of hanging the machine."""
    (tmp_path / "bomb.csv").write_bytes(BOMBS[bomb])
    code = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (60, 60))\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2 * 1024**3,) * 2)\n"
        "from tui_lab.errors import BadInput\n"
        "from tui_lab.experiment.dataset import Csv\n"
        "try:\n"
        "    print(Csv(csv=sys.argv[1], target='b').facts())\n"
        "except BadInput as error:\n"
        "    print('told:', error)\n"
    )
    given = [sys.executable, "-c", code, str(tmp_path / "bomb.csv")]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(given, capture_output=True, text=True, env=environment)
    assert done.stdout.startswith("told:"), done.stderr[-2000:]
