"""Whatever a weights file holds, its tensors are told or it is refused in one sentence, unrun."""

import contextlib
import io
import json
import os
import pickle
import resource
import subprocess
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from tui_lab.errors import BadInput
from tui_lab.experiment.weights import Stored
from tui_lab.runs.weights_file import tensors_in

F32 = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
TWO = OrderedDict(a=torch.ones(2, 3), b=torch.ones(4, dtype=torch.int64))
FOUND = {"a": Stored((2, 3), "float32"), "b": Stored((4,), "int64")}


def header(entries: object, data: int = 8, length: int | None = None) -> bytes:
    """A safetensors file of any header; `data` bytes follow it."""
    text = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    size = len(text) if length is None else length
    return size.to_bytes(8, "little") + text + bytes(data)


def archive(content: bytes, name: str = "x/data.pkl", packing: int = zipfile.ZIP_STORED) -> bytes:
    """A `.pt` file of any pickle."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as file:
        file.writestr(name, content)
    return buffer.getvalue()


def twice(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for folder in "xy":
            file.writestr(f"{folder}/data.pkl", content)
    return buffer.getvalue()


def saved(value: object, **options: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


class Stated:
    """A mapping that wants attributes of its own."""

    def __reduce__(self):
        return OrderedDict, (), {"update": 3}


class Runs:
    """A pickle that runs a command where it is loaded carelessly."""

    def __reduce__(self):
        return os.system, ("touch sentinel",)


def metadata(told: object) -> bytes:
    return header({"__metadata__": {"tui-lab": told}, "a": F32})


def version(number: object) -> bytes:
    return metadata(f"sha256 {json.dumps({'version': number})}")


SAFETENSORS = {
    "empty": (b"", "cut off"),
    "seven bytes": (b"\1" * 7, "cut off"),
    "a header of 2^63 bytes": (header({}, length=2**63), "cut off"),
    "a header longer than the file": (header({}, 0, length=50), "cut off"),
    "a header that is no JSON": (header(b"{'a'"), "makes no sense"),
    "a list": (header([1]), "makes no sense"),
    "a deep list": (header(b"[" * 100_000), "makes no sense"),
    "text for a tensor": (header({"a": "x"}), "makes no sense"),
    "a shape of NaN": (header({"a": F32 | {"shape": [float("nan")]}}), "makes no sense"),
    "a negative shape": (header({"a": F32 | {"shape": [-2]}}), "makes no sense"),
    "a shape of true": (header({"a": F32 | {"shape": [True, 2]}}), "makes no sense"),
    "a shape that needs other bytes": (header({"a": F32 | {"shape": [3]}}), "makes no sense"),
    "overlapping": (header({"a": F32, "b": F32}), "fill the file"),
    "a gap": (header({"a": F32, "b": F32 | {"data_offsets": [9, 17]}}, 17), "fill the file"),
    "bytes behind": (header({"a": F32}, 9), "fill the file"),
    "no tensors": (header({}, 0), "no weights"),
    "a newer version": (version(2), "newer tui-lab"),
    "a version that is none": (version([]), "makes no sense"),
    "metadata that is none": (metadata(5), "makes no sense"),
}
PT = {
    "empty": (b"", "is damaged"),
    "text": (b"hello", "is damaged"),
    "a pickle alone": (pickle.dumps({}), "is damaged"),
    "the old format": (saved(TWO, _use_new_zipfile_serialization=False), "is damaged"),
    "another archive": (archive(b"x", "word/document.xml"), "no state_dict"),
    "two pickles": (twice(pickle.dumps({}, 2)), "no state_dict"),
    "a command": (archive(pickle.dumps({"a": Runs()}, 2)), 'holds "posix.system", not only'),
    "a whole module": (saved(torch.nn.Sequential(torch.nn.Linear(1, 1))), "Sequential\", not only"),
    "a checkpoint": (saved({"model": dict(TWO), "epoch": 3}), 'holds "model", which is no tensor'),
    "a list of tensors": (saved([TWO["a"]]), "holds a list, not"),
    "one tensor": (saved(TWO["a"]), "holds a tensor, not"),
    "no tensors": (saved({}), "holds no weights"),
    "a zip bomb": (archive(bytes(10**8), packing=zipfile.ZIP_DEFLATED), "larger unpacked"),
    "a long pickle": (archive(pickle.dumps("x" * 2_000_000)), "no state_dict"),
    "a deep tuple": (archive(b"\x80\2)" + b"\x85" * 999_000 + b"."), "holds a tuple"),
    "ten gigabytes": (archive(b"\x80\5\x96" + (10**10).to_bytes(8, "little") + b"."), "no sense"),
    "a large memo": (archive(b"\x80\2}r\xff\xff\xff\x7f."), "holds no weights"),
    "attributes": (archive(pickle.dumps(Stated(), 2)), "holds no weights"),
    "a number of many digits": (archive(b"I" + b"9" * 900_000 + b"\n."), "no sense"),
}  # fmt: skip
KINDS = {".safetensors": SAFETENSORS, ".pt": PT}
CASES = [(kind, name) for kind, files in KINDS.items() for name in files]
READ = """
import sys
from pathlib import Path
from tui_lab.errors import BadInput
from tui_lab.runs.weights_file import tensors_in
for name in sys.argv[1:]:
    try:
        print(tensors_in(Path(name)))
    except BadInput as error:
        print(error)
print({"torch", "numpy"} & set(sys.modules))
"""


def refusal(path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        tensors_in(path)
    assert str(caught.value).isprintable()
    return str(caught.value)


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
    resource.setrlimit(resource.RLIMIT_AS, (512 * 2**20, 512 * 2**20))


def test_hostile_files_are_refused_within_little_memory_and_nothing_in_them_is_run(tmp_path):
    paths = [tmp_path / f"{number}{kind}" for number, (kind, _) in enumerate(CASES)]
    for path, (kind, name) in zip(paths, CASES, strict=True):
        path.write_bytes(KINDS[kind][name][0])
    done = subprocess.run(
        [sys.executable, "-c", READ, *map(str, paths)],
        preexec_fn=limit, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    *lines, heavy = done.stdout.splitlines()
    for line, path, (kind, name) in zip(lines, paths, CASES, strict=True):
        assert line.startswith(f"{path}: "), name
        assert KINDS[kind][name][1] in line, name
        assert line.isprintable()
    assert heavy == "set()"
    assert not (tmp_path / "sentinel").exists()


@pytest.fixture
def good(tmp_path):
    """A right file of each kind."""
    (tmp_path / "w.pt").write_bytes(saved(TWO))
    tensors = {name: value.numpy() for name, value in TWO.items()}
    (tmp_path / "w.safetensors").write_bytes(save(tensors))
    return tmp_path


@pytest.mark.parametrize("name", ["w.pt", "w.safetensors"])
def test_names_shapes_and_types_are_told(good, name):
    assert tensors_in(good / name) == FOUND


def test_what_torch_saves_in_other_ways_is_told_too(tmp_path):
    network = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)).half()
    for number, value in enumerate((network.state_dict(), dict(network.named_parameters()))):
        path = tmp_path / f"{number}.pth"
        torch.save(value, path)
        told = {key: Stored(tuple(x.shape), str(x.dtype).split(".")[1]) for key, x in value.items()}
        assert tensors_in(path) == told


@pytest.mark.parametrize("name", ["w.pt", "w.safetensors"])
def test_a_file_that_is_cut_off_anywhere_is_refused(good, name):
    content = (good / name).read_bytes()
    for end in range(0, len(content), max(1, len(content) // 100)):
        (good / name).write_bytes(content[:end])
        assert "damaged" in refusal(good / name)


@settings(max_examples=200)
@given(st.sampled_from(["w.pt", "w.safetensors"]), st.data())
def test_a_changed_file_is_told_or_refused(tmp_path_factory, name, data):
    path = tmp_path_factory.mktemp("changed") / name
    content = bytearray(
        saved(TWO) if name == "w.pt" else save({"a": np.ones(2), "b": np.zeros(3, np.int8)})
    )
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with contextlib.suppress(BadInput):
        assert all(isinstance(value, Stored) for value in tensors_in(path).values())


@pytest.mark.parametrize("kind", [".pt", ".safetensors"])
def test_what_is_no_file_is_refused_at_once(tmp_path, kind):
    (tmp_path / f"folder{kind}").mkdir()
    os.mkfifo(tmp_path / f"pipe{kind}")
    (tmp_path / f"link{kind}").symlink_to(tmp_path / "gone")
    (tmp_path / f"weights{kind}").write_bytes(b"")
    assert "Is a directory" in refusal(tmp_path / f"folder{kind}")
    assert "is not a file" in refusal(tmp_path / f"pipe{kind}")
    assert "there is no file" in refusal(tmp_path / f"link{kind}")
    assert f'did you mean "weights{kind}"?' in refusal(tmp_path / f"weihgts{kind}")
    assert "its name is not a file name" in refusal(tmp_path / f"a\0b{kind}")


def test_a_file_that_has_changed_is_read_again(good):
    path = good / "w.safetensors"
    assert tensors_in(path) == FOUND
    path.write_bytes(save({"c": np.zeros(1, np.float32)}))
    assert tensors_in(path) == {"c": Stored((1,), "float32")}
