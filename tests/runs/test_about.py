"""What people write about a run comes back as it was, and a file that others wrote is harmless."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_lab.errors import BadInput
from tui_lab.runs.about import About, labelled, read_about, write_about

WORDS = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters=","), min_size=1,
                max_size=40)  # fmt: skip
TEXTS = st.text(max_size=200)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(max_size=5), inner),
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("run") / "about.json"


@given(name=TEXTS, tags=st.lists(WORDS, max_size=20), note=TEXTS)
def test_what_is_written_is_read(path, name, tags, note):
    about = labelled(About(), name=name, tag=tags, note=note)
    write_about(path, about)
    assert read_about(path) == about
    assert about.tags == tuple(dict.fromkeys(tags))


@settings(max_examples=40)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("name", "tags", "note"), ANYTHING)))
def test_of_any_file_only_what_could_have_been_written_is_believed(path, content):
    path.write_text(json.dumps(content))
    about = read_about(path)
    assert labelled(About(), name=about.name, tag=about.tags, note=about.note) == about


@given(st.binary(max_size=80))
def test_a_broken_file_says_nothing_or_something_right(path, content):
    path.write_bytes(content)
    about = read_about(path)
    assert labelled(about) == about


@given(st.lists(WORDS, max_size=9, unique=True), st.lists(WORDS, max_size=9, unique=True))
def test_tags_come_once_and_go(have, more):
    both = labelled(About(tags=tuple(have)), tag=more)
    assert both.tags == tuple(dict.fromkeys([*have, *more]))
    assert labelled(both, untag=more).tags == tuple(tag for tag in have if tag not in more)
    assert labelled(both).name == ""


@pytest.mark.parametrize("tag", ["", "two words", "a,b", "\x1b[2J", "x" * 41, "line\nline", "‮evil"])
def test_what_is_no_tag_is_refused_in_a_harmless_sentence(tag):
    with pytest.raises(BadInput) as caught:
        labelled(About(), tag=[tag])
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "x" * 201}, "200"),
        ({"note": "x" * 2001}, "2,000"),
        ({"tag": [f"t{i}" for i in range(21)]}, "20 tags"),
    ],
)
def test_what_is_too_long_is_refused_with_the_limit(changes, said):
    with pytest.raises(BadInput, match=said):
        labelled(About(), **changes)
