"""A tensor file is read as it was written, to the last bit, or refused in one sentence."""

import json
import struct

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_lab.errors import BadInput
from tui_lab.training.tensor_file import read_tensors, tensor_bytes

TENSORS = {
    "a": torch.arange(12.0).reshape(3, 4),
    "b.c": torch.tensor([True, False]),
    "empty": torch.empty(0, 3),
    "number": torch.tensor(7),
}
ABOUT = {"step": 3, "loss": float("inf"), "words": ["ü", "\x1b[2J", '"']}
CONTENT = tensor_bytes(TENSORS, ABOUT)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "x.safetensors"


def test_what_is_written_is_read(file):
    file.write_bytes(CONTENT)
    tensors, about = read_tensors(file)
    assert about == {"version": 1, **ABOUT}
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)
    assert tensor_bytes(TENSORS, ABOUT) == CONTENT


def refused(file, content: bytes) -> str:
    file.write_bytes(content)
    with pytest.raises(BadInput) as error:
        read_tensors(file)
    sentence = str(error.value)
    assert sentence.startswith(str(file))
    assert sentence.isprintable()
    return sentence


def test_no_flipped_bit_gets_through(file):
    for place in range(0, len(CONTENT), len(CONTENT) // 200):
        bad = bytearray(CONTENT)
        bad[place] ^= 1 << (place % 8)
        refused(file, bytes(bad))


def test_no_file_that_was_cut_off_or_grew_gets_through(file):
    for share in range(100):
        refused(file, CONTENT[: len(CONTENT) * share // 100])
    refused(file, CONTENT + b"\0")


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_no_bytes_crash_it(tmp_path_factory, content):
    refused(tmp_path_factory.mktemp("x") / "x.safetensors", content)


def with_header(header: object) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(16)


TENSOR = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    "content",
    [
        struct.pack("<Q", 2**63) + b"{}",
        with_header({"a": TENSOR | {"shape": [float("nan")]}}),
        with_header({"a": TENSOR, "b": TENSOR}),
        with_header({"a": TENSOR | {"shape": [2**62, 2**62]}}),
        with_header({"a": TENSOR | {"data_offsets": [0, 10**12]}}),
        with_header({"a": TENSOR, "__metadata__": {"tui-lab": "x"}}),
        with_header([1]),
        b"PK\x03\x04 a zip",
        b"\x80\x02cposix\nsystem\nq\x00.",
    ],
)
def test_hostile_headers_are_refused(file, content):
    refused(file, content)


def test_a_newer_version_is_refused_and_says_so(file):
    assert "newer tui-lab" in refused(file, tensor_bytes(TENSORS, {"version": 2}))


def test_files_of_other_programs_are_no_checkpoints(file):
    from safetensors.torch import save

    assert "was not written by tui-lab" in refused(file, save(TENSORS))
