"""Text from files and people, made fit for a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.errors import BadInput, nearest, visible


@given(st.text())
def test_shown_text_holds_nothing_that_acts_on_the_terminal(text):
    assert visible(text).isprintable()
    assert BadInput(text).args[0].isprintable()


@given(st.characters(categories=["Mn", "Me"]), st.integers(3, 50))
def test_no_pile_of_marks_reaches_into_other_lines(mark, times):
    shown = visible("a" + mark * times)
    assert [unicodedata.category(character) for character in shown].count("Mn") <= 2


@pytest.mark.parametrize("text", ["Học máy", "naïve", "数据 42 %", "[red]", "β=0.9 · x²"])
def test_ordinary_text_stays_as_it_is(text):
    assert visible(text) == text
    assert visible(unicodedata.normalize("NFD", text)) == unicodedata.normalize("NFC", text)


def test_long_text_ends_with_an_ellipsis():
    assert visible("x" * 10_000, 5) == "xxxxx…"


def test_the_nearest_word_is_offered_whatever_its_case():
    assert nearest("relu", ["ReLU", "Tanh"]) == '; did you mean "ReLU"?'
    assert nearest("quux", ["ReLU", "Tanh"]) == ""
