import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.errors import BadInput
from tui_lab.experiment.presets import load_preset
from tui_lab.experiment.yaml_file import dump, parse

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001), ("no", "no"), ("010", "010"), ("1:30", "1:30"), ("on", "on"),
        ("true", True), ("0x10", "0x10"), ("null", None), ("1_000", "1_000"), ("-.5", -0.5),
    ],
)  # fmt: skip
def test_words_mean_what_they_look_like(text, value):
    assert parse(text)[0] == value


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), plain, max_size=3))
def test_what_is_written_reads_back(data):
    assert parse(dump(data))[0] == data


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: &x 1\nb: *x", "anchor"),
        ("a: !!python/object:os.system x", "tag"),
        ("<<: {a: 1}", "merge"),
        ("a: 1\na: 2", "twice"),
        ("[" * 30 + "]" * 30, "deeper"),
        ("[" * 30_000, "deeper"),
        ("a: 1\n---\nb: 2", "more than one"),
        ("a: " + "1" * 5000, "digits"),
        ("a: [1", "not YAML"),
    ],
)
def test_dangers_are_refused_with_their_place(text, says):
    with pytest.raises(BadInput, match=says):
        parse(text, "x.yaml")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("layers: [Relu]", r':2:10: .*did you mean "ReLU"'),
        ("hiden: 3", r':2:1: unknown key "hiden"'),
        ("training: {epoch: 3}", r':2:12: .*did you mean "epochs"'),
        ("training: {epochs: many}", r':2:20: .*whole number, not the text "many"'),
        ("training: {epochs: 0}", r":2:20: .*at least 1"),
        ("optimizer: {SGD: {lr: .nan}}", r":2:23: .*finite"),
        ("optimizer: {SGD: {lr: -1}}", r":2:23: .*at least 0"),
        ("optimizer: {SGD: {momentun: 0.9}}", r':2:19: .*did you mean "momentum"'),
        ("layers: [{Linear: {out_features: 3, biass: true}}]", r':2:37: .*did you mean "bias"'),
    ],
)
def test_mistakes_name_file_line_column_and_the_nearest_right_thing(tmp_path, lines, says):
    path = tmp_path / "p.yaml"
    path.write_text(f"dataset: {{name: moons}}\n{lines}\n")
    with pytest.raises(BadInput, match=r"p\.yaml" + says):
        load_preset(path)
