"""Whatever stands in a preset file, it is read or refused in one sentence, at once and small."""

import resource
import subprocess
import sys

import limited
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_lab.errors import BadInput
from tui_lab.experiment.presets import load_preset, shipped_presets
from tui_lab.experiment.yaml_file import parse

DEEP = 100_000
BILLION = b"a: &a [x, x]\n" + b"".join(
    b"%c: &%c [*%c, *%c, *%c]\n" % (i + 1, i + 1, i, i, i) for i in range(97, 117)
)
MERGES = b"a: &a {x: 1}\n" + b"".join(
    b"%c: &%c {<<: [*%c, *%c, *%c]}\n" % (i + 1, i + 1, i, i, i) for i in range(97, 117)
)
BOMBS = {
    "billion laughs": (BILLION, "anchor or alias"),
    "merges": (MERGES, "anchor or alias"),
    "merge without alias": (b"training: {<<: {epochs: 1}}", "merge"),
    "self reference": (b"a: &a [*a]", "anchor or alias"),
    "deep lists": (b"[" * DEEP, "larger than 64 kB"),
    "deep lists within the size": (b"[" * 60_000, "deeper than 20"),
    "deep mappings": (b"{a: " * 10_000, "deeper than 20"),
    "deep blocks": (b"- " * 30_000, "deeper than 20"),
    "deep keys": (b"? " * 30_000, "deeper than 20"),
    "10 MB": (b"a" * 10_000_000, "larger than 64 kB"),
    "binary": (bytes(range(256)), "not UTF-8"),
    "UTF-16": ("title: x\ndataset: {name: iris}".encode("utf-16"), "not UTF-8"),
    "lone surrogate": (b"title: \xed\xa0\x80", "not UTF-8"),
    "escaped surrogate": (b'dataset: {name: iris}\ntitle: "\\ud800"', "title should be text"),
    "impossible character": (b'title: "\\U7fffffff"', "not YAML"),
    "NUL": (b"title: a\0b", "character"),
    "escape": (b"title: \x1b[2J", "character"),
    "Python object": (b"a: !!python/object/apply:os.system [touch x]", "tag"),
    "two documents": (b"a: 1\n---\nb: 2", "more than one document"),
    "5000 digits": (b"a: " + b"1" * 5000, "5000 digits"),
    "directive of many digits": (b"%YAML 1." + b"1" * 5000 + b"\n---\na: 1", "not YAML"),
    "mapping as a key": (b"{a: 1}: 2", "key that is not a word"),
    "empty": (b"", "empty or not a mapping"),
    "only a word": (b"digits", "empty or not a mapping"),
    "many keys": (b"".join(b"k%d: 1\n" % i for i in range(7000)), 'unknown key "k0"'),
    "HTML": (b"<html><body>404: not found</body></html>", "unknown key"),
    "tabs": (b"a:\n\t- b", "not YAML"),
}
READ = """
import sys
from tui_lab.errors import BadInput
from tui_lab.experiment.presets import load_preset
try:
    load_preset(sys.argv[1])
except BadInput as error:
    print(error)
"""


def limit() -> None:
    """A second is plenty; five and 500 MB are for slow machines. A bomb takes minutes."""
    resource.setrlimit(resource.RLIMIT_CPU, (5, 5))
    resource.setrlimit(resource.RLIMIT_AS, (500 * 2**20, 500 * 2**20))


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_one_sentence_within_little_memory_and_time(name, tmp_path):
    content, says = BOMBS[name]
    path = tmp_path / "bomb.yaml"
    path.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        preexec_fn=limit, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1
    assert done.stdout.startswith(str(path))
    assert says in done.stdout
    assert sorted(tmp_path.iterdir()) == [path]


def refusal(read, source) -> str | None:
    try:
        read(source)
    except BadInput as error:
        return str(error)
    return None


def refused_or_read(path, content: bytes) -> None:
    path.write_bytes(content)
    sentence = refusal(load_preset, path)
    assert sentence is None or (sentence.isprintable() and sentence.startswith(str(path)))


@pytest.fixture(scope="module", autouse=True)
def little_memory():
    with limited.memory(2**29):
        yield


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "p.yaml"


@settings(max_examples=1000)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_preset_or_bad_input(preset, content):
    refused_or_read(preset, content)


pieces = st.sampled_from(
    ["dataset: ", "layers:", "\n", "\n  ", "- ", ": ", "{", "}", "[", "]", ", ", "Linear", "64",
     "ReLU", "name: iris", "csv: x", "target: y", "&a ", "*a", "!!x ", "'", '"', "|", ">", "#",
     "? ", "%YAML", "---", "1e999", ".nan", "null", "training", "split", "optimizer: ", "SGD"]
)  # fmt: skip
scraps = st.lists(pieces | st.text(max_size=3), max_size=30).map("".join)


@settings(max_examples=1500)
@given(scraps)
def test_any_text_is_a_preset_or_bad_input(preset, text):
    refused_or_read(preset, text.encode("utf-8", errors="surrogatepass"))


@settings(max_examples=1000)
@given(scraps)
def test_any_text_is_plain_data_or_bad_input(text):
    sentence = refusal(parse, text)
    assert sentence is None or sentence.isprintable()


@settings(max_examples=1500)
@given(st.sampled_from(sorted(shipped_presets().values())), st.data())
def test_a_shipped_preset_with_parts_swapped_is_a_preset_or_bad_input(preset, path, data):
    content = path.read_bytes()
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = min(start + data.draw(st.integers(0, 12)), len(content))
        put = data.draw(pieces.map(str.encode) | st.binary(max_size=4))
        content = content[:start] + put + content[end:]
    refused_or_read(preset, content)
