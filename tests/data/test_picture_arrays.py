"""IDX and NPZ files: the arrays that are in them enter, and anything else is one sentence."""

import gzip
import io
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_pictures import RANDOM, idx, mnist_like

from tui_lab.data import open_file
from tui_lab.data.digest import digest_of
from tui_lab.data.table import load
from tui_lab.errors import BadInput
from tui_lab.experiment.pictures import Pictures


def table(path: Path, **settings):
    return load(Pictures(pictures=str(path), **settings))


def refused(path: Path, says: str, **settings) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        table(path, **settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("packed", [True, False])
def test_idx_pictures_with_the_labels_beside_them(tmp_path, packed):
    found = table(mnist_like(tmp_path, packed=packed))
    assert found.facts.picture == (1, 4, 5)
    assert found.facts.classes == ("0", "1", "2")
    assert list(found.y) == [row % 3 for row in range(20)]
    assert found.features.to_numpy().dtype == np.uint8


def test_labels_and_tests_can_be_named_and_a_test_set_is_not_taken_silently(tmp_path):
    path = mnist_like(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte.gz").rename(tmp_path / "answers")
    refused(path, "has no file of labels beside it.*give `labels`")
    idx(tmp_path / "t10k-images-idx3-ubyte.gz", RANDOM.integers(0, 256, (6, 4, 5)))
    idx(tmp_path / "t10k-labels-idx1-ubyte.gz", np.array([2, 1, 0] * 2))
    labels = {"labels": str(tmp_path / "answers")}
    alone = table(path, **labels)
    assert (alone.facts.rows, alone.part) == (20, None)
    assert "t10k-images-idx3-ubyte.gz" in alone.facts.notes[0]
    both = table(path, **labels, test=str(tmp_path / "t10k-images-idx3-ubyte.gz"), rows=[1, 15])
    assert both.part.tolist() == [0] * 15 + [2] * 6
    assert both.y[15:].tolist() == [2, 1, 0] * 2
    assert both.facts.notes == ()


def test_labels_count_for_the_digest_named_or_not(tmp_path):
    path = mnist_like(tmp_path)
    first = digest_of(Pictures(pictures=str(path)))
    named = Pictures(pictures=str(path), labels=str(tmp_path / "train-labels-idx1-ubyte.gz"))
    assert digest_of(named) == first
    idx(tmp_path / "train-labels-idx1-ubyte.gz", np.arange(20) % 2)
    assert digest_of(Pictures(pictures=str(path))) != first


def test_labels_need_not_be_0_1_2_unless_they_have_names(tmp_path):
    path = mnist_like(tmp_path, labels=[3, 7, 10, 200] * 5)
    found = table(path)
    assert found.facts.classes == ("3", "7", "10", "200")
    assert list(found.y[:4]) == [0, 1, 2, 3]
    refused(path, "label 3 is 10, but there are 10 class_names", class_names=list("abcdefghij"))
    named = table(mnist_like(tmp_path), class_names=["shirt", "bag", "boot"])
    assert named.facts.classes == ("shirt", "bag", "boot")
    refused(mnist_like(tmp_path), 'no picture of class "d"', class_names=list("abcd"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda content: content[:-1], "is cut off: 399 of 400 bytes are there"),
        (lambda content: content + b"x", "goes on after the 400 bytes that it declares"),
        (lambda content: content[:9], "is cut off within its sizes"),
        (lambda content: content[:3] + b"\1" + content[4:], "0 0 8 3, but 0 0 8 1"),
        (lambda content: b"\0\0\x0d\3" + content[4:], "0 0 8 3, but 0 0 13 3"),
        (lambda content: content[:4] + b"\xff" * 12 + content[16:], "needs about .* GB of memory"),
        (lambda content: gzip.compress(content)[:-9], "damaged gzip"),
        (lambda content: b"\x1f\x8b" + content, "damaged gzip"),
        (lambda content: gzip.compress(content + bytes(10**6)), "goes on after the 400 bytes"),
    ],
)
def test_an_idx_file_that_is_not_what_it_declares_is_refused(tmp_path, change, says):
    path = mnist_like(tmp_path, packed=False)
    path.write_bytes(change(path.read_bytes()))
    refused(path, says)


def test_as_many_labels_as_pictures(tmp_path):
    path = mnist_like(tmp_path)
    idx(tmp_path / "train-labels-idx1-ubyte.gz", np.arange(19))
    refused(path, "holds 20 pictures, but .*labels.* holds 19 labels")


X = RANDOM.integers(0, 256, (12, 4, 5)).astype(np.uint8)
X[0, 0, :2] = 0, 255
Y = np.arange(12) % 3


def npz(tmp_path: Path, **arrays) -> Path:
    path = tmp_path / "set.npz"
    np.savez_compressed(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("x", "y"), [("x", "y"), ("X", "Y"), ("images", "labels"), ("x_train", "y_train")]
)
def test_npz_arrays_by_their_usual_names(tmp_path, x, y):
    found = table(npz(tmp_path, **{x: X, y: Y[:, None]}))
    assert np.array_equal(found.features.to_numpy(), X.reshape(12, -1))
    assert list(found.y) == list(Y)


def test_splits_in_an_npz_file_are_kept(tmp_path):
    path = npz(tmp_path, x_train=X, y_train=Y, x_test=X[:3], y_test=Y[:3])
    assert table(path).part.tolist() == [0] * 12 + [2] * 3
    assert table(path, rows=[2, 12]).part.tolist() == [0] * 11 + [2] * 3
    path = npz(tmp_path, x_train=X, y_train=Y, x_test=X[:3, :3], y_test=Y[:3])
    refused(path, "pictures of different sizes for train")


def test_splits_of_other_ranges_are_refused(tmp_path):
    """A network that learns from 0 … 255 sees nothing but black in 0 … 1."""
    says = "go up to 255 and those of others to 1, for train"
    refused(npz(tmp_path, x_train=X, y_train=Y, x_test=X[:3] / 255, y_test=Y[:3]), says)
    refused(npz(tmp_path, x_train=X / 255, y_train=Y, x_val=X[:3], y_val=Y[:3]), says)
    (tmp_path / "alone").mkdir()
    other = npz(tmp_path / "alone", x=X / 255, y=Y)
    refused(npz(tmp_path, x=X, y=Y), says, test=str(other))
    dark = table(npz(tmp_path, x_train=X, y_train=Y, x_test=X[:3] * 0, y_test=Y[:3]))
    assert dark.facts.rows == 15


def test_the_order_of_colours_is_recognised_or_asked_for(tmp_path):
    first = RANDOM.integers(0, 256, (12, 3, 4, 5)).astype(np.uint8)
    last = first.transpose(0, 2, 3, 1)
    wanted = table(npz(tmp_path, x=first, y=Y))
    assert wanted.facts.picture == (3, 4, 5)
    assert table(npz(tmp_path, x=last, y=Y)).features.equals(wanted.features)
    either = npz(tmp_path, x=first[..., :3], y=Y)
    refused(either, "either side may be the colours; give `channels: first` or `channels: last`")
    assert table(either, channels="first").facts.picture == (3, 4, 3)
    assert table(either, channels="last").facts.picture == (3, 3, 4)
    refused(npz(tmp_path, x=first[:, :2], y=Y), "without 1 or 3 colours")


@pytest.mark.parametrize("scale", [1 / 255, 1.0, 100.0])
def test_floats_stay_what_they_are(tmp_path, scale):
    found = table(npz(tmp_path, x=X.astype(float) * scale, y=Y)).features.to_numpy()
    assert found.dtype == np.float32
    assert np.array_equal(found, (X.astype(float) * scale).astype(np.float32).reshape(12, -1))


def test_whole_numbers_up_to_255_become_bytes(tmp_path):
    assert table(npz(tmp_path, x=X.astype(int), y=Y)).features.to_numpy().dtype == np.uint8
    assert table(npz(tmp_path, x=X > 99, y=Y)).features.to_numpy().max() == 1
    assert table(npz(tmp_path, x=X.astype(int) - 9, y=Y)).features.to_numpy().min() == -9.0


def test_size_and_grey_are_followed(tmp_path):
    colours = np.repeat(X[:, None], 3, axis=1)
    path = npz(tmp_path, x=colours, y=Y)
    assert table(path).facts.picture == (3, 4, 5)
    assert np.array_equal(table(path, grey=True).features, X.reshape(12, -1))
    assert table(path, size=[2, 3]).facts.picture == (3, 2, 3)
    floats = npz(tmp_path, x=X / 255, y=Y)
    assert table(floats, size=[8, 10], grey=False).facts.picture == (3, 8, 10)


def with_value(value: float) -> np.ndarray:
    x = X.astype(float)
    x[4, 1, 1] = value
    return x


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"a": X, "b": Y}, r"holds no arrays x and y.*\(there are: a, b\)"),
        ({"x": X}, "holds no arrays x and y"),
        ({"x": X, "y": Y[:5]}, "holds 12 pictures, but the array y holds 5 labels"),
        ({"x": X, "y": np.eye(12)}, r"the labels \"y\" are of shape \(12, 12\)"),
        ({"x": X, "y": Y + 0.5}, "labels that are not whole numbers"),
        ({"x": X.reshape(12, 20), "y": Y}, r"of shape \(12, 20\); expected \(pictures, height"),
        ({"x": X[0, 0, 0], "y": Y}, "holds 0 pictures"),
        ({"x": X[:, :0], "y": Y}, "0x5 pixels: there is nothing in them"),
        ({"x": with_value(np.nan), "y": Y}, "picture 5 holds a number that is missing or infin"),
        ({"x": with_value(np.inf), "y": Y}, "picture 5 holds"),
        ({"x": with_value(1e39), "y": Y}, "picture 5 holds"),
        ({"x": X.astype(complex), "y": Y}, "holds complex128, not numbers"),
        ({"x": X.astype(object), "y": Y}, "holds object, not numbers; pickle is not read"),
        ({"x": X, "y": Y.astype(str)}, "not numbers"),
        ({"x": X[:9], "y": Y[:9]}, "holds 9 pictures; at least 10"),
        ({"x": X, "y": Y * 0}, 'the class "0" alone'),
    ],
)  # fmt: skip
def test_arrays_that_are_no_pictures_with_labels_are_refused(tmp_path, arrays, says):
    refused(npz(tmp_path, **arrays), says)


@pytest.mark.parametrize(
    "name", ["/etc/x.npy", "../x.npy", "a/../../x.npy", "C:x.npy", "..\\x.npy"]
)
def test_names_that_lead_out_of_the_archive_are_refused(tmp_path, name):
    path = npz(tmp_path, x=X, y=Y)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"")
    refused(path, "a name that leads out of its folder")


def declaring(shape: str, content: bytes = b"") -> bytes:
    """An array that declares a shape."""
    head = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + content


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (declaring("(10**9,)"), "damaged"),
        (declaring("(100000000000000, 4, 5)"), "needs about .* GB of memory"),
        (declaring("(12, 4, 5)", bytes(10)), '"x" is cut off or too long'),
        (declaring("(12, 4, 5)", bytes(10**7)), '"x" is cut off or too long'),
        (declaring("(-12, 4, 5)"), "damaged"),
        (declaring("[12]"), "damaged"),
        (declaring("(" * 5000), "damaged"),
        (b"\x93NUMPY\x09\x00", "version"),
        (b"garbage", "damaged"),
        (b"", "damaged"),
    ],
    ids=range(10),
)
def test_an_array_that_lies_about_itself_is_refused(tmp_path, array, says):
    path = tmp_path / "set.npz"
    y = io.BytesIO()
    np.save(y, Y)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", array)
        archive.writestr("y.npy", y.getvalue())
    refused(path, says)


def test_an_array_larger_than_the_memory_is_not_unpacked(tmp_path, monkeypatch):
    path = npz(tmp_path, x=np.zeros((2000, 28, 28), np.uint8), y=np.arange(2000) % 3)
    table(path)
    free = type("Memory", (), {"available": 10**6})
    monkeypatch.setattr(open_file.psutil, "virtual_memory", lambda: free)
    refused(path, "needs about 0.0 GB of memory")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    return npz(folder, x=X, y=Y).read_bytes(), mnist_like(folder, packed=False)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_is_changed_in_a_file_only_our_own_errors_come(whole, data):
    content, path = whole
    is_npz = data.draw(st.booleans())
    content = bytearray(content if is_npz else mnist_like(path.parent, packed=False).read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    changed = path.with_name("changed.npz" if is_npz else path.name)
    changed.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with suppress(BadInput):
        table(changed)
