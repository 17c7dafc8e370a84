"""Whatever stands in a CSV file or a preset, the terminal gets it as text and nothing else."""

import csv
import json
import re

import pytest

COMMANDS = ["\x1b]0;owned\x07", "\x1b]52;c;b3duZWQ=\x07", "\x1b[2J", "\x9b2J", "\x9d0;owned\x9c"]
BIDI = ["\u202eevil", "\u2066evil", "\u200fevil"]
MARKUP = ["[red]", "[/b]", "[@click=app.quit]x[/]", "[amount]"]
COLUMNS = [*COMMANDS, *BIDI, *MARKUP, "long " * 2000, "zalgo" + "\u0301" * 1000]
CLASSES = ["\x1b]0;owned\x07", "\u202e[/b]", "[@click=app.quit]y[/]"]
OURS = re.compile(
    r"\x1b(\[[0-9;]*[mH]|\[\?[0-9]+(\$p|[hl])|\[>[0-9]+u|\[<u|\]22;[a-z]+\x07)",
)
FORBIDDEN = re.compile(
    r"[\x00-\x06\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def assert_harmless(received: bytes) -> None:
    """Only the sequences of our own drawing, and no control or bidi character besides."""
    rest = OURS.sub("", received.decode())
    assert [rest[found.start() :][:20] for found in FORBIDDEN.finditer(rest)] == []
    assert "\u0301" * 10 not in rest


@pytest.fixture
def hostile_csv(tmp_path):
    path = tmp_path / "evil [red] \x1b]0;owned\x07.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, "[target]"])
        for row in range(90):
            cells = [row * column % 17 for column in range(len(COLUMNS) - 1)]
            writer.writerow([*cells, (COMMANDS + BIDI + MARKUP)[row % 12], CLASSES[row % 3]])
    return path


@pytest.fixture
def hostile_preset(hostile_csv, tmp_path):
    path = tmp_path / "evil.yaml"
    title, notes = "".join(COMMANDS + MARKUP + BIDI)[:150], "".join(COMMANDS + BIDI)
    named = [{"Linear": {"out_features": 5, "name": "layer_1"}}, "ReLU", {"Linear": 3}]
    preset = {
        "title": title,
        "notes": notes,
        "dataset": {"csv": str(hostile_csv), "target": "[target]"},
        "layers": named,
        "training": {"epochs": 2},
    }
    path.write_text(json.dumps(preset))
    return path


def test_hostile_data_and_titles_are_shown_trained_and_tabled_as_plain_text(
    open_lab, hostile_preset
):
    lab = open_lab(str(hostile_preset), size=(170, 50))
    lab.wait_for("143", "[red]", "ready: t trains")
    lab.press("t")
    lab.wait_for("accuracy", "finished")
    lab.wait_for_change("e")
    lab.wait_for_change("\x1b")
    lab.process.terminate()
    assert lab.exit_code() == 143
    assert_harmless(lab.received)


@pytest.mark.parametrize("words", [["check"], ["train"]])
def test_the_command_line_shows_hostile_text_as_plain_text(open_lab, hostile_preset, words):
    lab = open_lab(*words, str(hostile_preset))
    assert lab.exit_code() == 0
    rest = lab.received.decode().replace("\r\x1b[K", "")
    assert FORBIDDEN.findall(rest) == []
    assert "\x1b" not in rest


@pytest.mark.parametrize(
    "content",
    [
        b"title: a\x00b\n",
        b"title: \x1b]0;owned\x07\n",
        b"title: \x9b2J\n",
        b"\x1b[2J: 1\n",
        b'"\\e[2J\\u202e": 1\n',
        b'dataset: {name: "\\e]0;owned\\a"}\n',
        b'layers: ["\\e[2J"]\n',
        b'dataset: {csv: "\\e[2J.csv", target: "\\u202e"}\n',
    ],
)
def test_a_hostile_preset_is_refused_in_one_harmless_sentence(open_lab, tmp_path, content):
    path = tmp_path / "evil \x1b[2J.yaml"
    path.write_bytes(content)
    lab = open_lab("train", str(path))
    assert lab.exit_code() == 2
    said = lab.received.decode()
    assert said.strip().count("\n") == 0
    assert "\x1b" not in said
    assert FORBIDDEN.findall(said) == []


def leave(lab, words: str) -> None:
    """Closes a dialog, waiting until its words are gone."""
    lab.press("\x1b")
    lab.wait(lambda: words not in lab.screen.text)


def test_a_session_on_a_hostile_table_shows_all_of_it_as_plain_text(open_lab, hostile_csv):
    """From the file by the data screen to training, trying a row, exporting and comparing."""
    lab = open_lab(str(hostile_csv), size=(120, 40))
    lab.wait_for("90 rows", "[target]", "[@click=app.quit]x[/]")
    for keys, then in (
        ("k", "tells of the target"),
        ("t", "12 classes"),
        (" ", "the target can't enter"),
        ("\x1b[H ", "✓ \\x1b]0;owned"),
        ("v", "line"),
        ("v", "shape"),
        ("/", "type to search"),
        ("[target]\r", "[target]: words"),
        ("t", "3 classes"),
        ("c", "task classification"),
        ("cc", "task auto: "),
        ("?", "Enter      use"),
    ):
        lab.press(keys)
        lab.wait_for(then)
    leave(lab, "Enter      use")
    lab.press("s")
    lab.wait_for("split column")
    leave(lab, "split column")
    lab.press("\r")
    lab.wait_for("ready: t trains")
    lab.press("t")
    lab.wait_for("accuracy", "finished")
    lab.press("i")
    lab.wait_for("test row 1 of 13", "what enters")
    leave(lab, "Try evil")
    lab.press("6")
    lab.wait_for("import torch")
    lab.press("6x")
    lab.wait_for("tensorboard")
    leave(lab, "tensorboard")
    lab.press("r")
    lab.wait_for("test result", "evil")
    lab.process.terminate()
    assert lab.exit_code() == 143
    assert_harmless(lab.received)


def test_a_path_is_completed_among_hostile_names(open_lab, hostile_csv):
    """Choosing another dataset lists what is in a folder."""
    lab = open_lab("digits", size=(120, 40))
    lab.wait_for("6,570")
    lab.press("b")
    lab.wait_for("Tab completes")
    lab.press(f"{hostile_csv.parent}/")
    lab.wait_for("evil [red]")
    lab.press("\t")
    lab.wait_for("owned")
    lab.press("\r")
    lab.wait_for("90 rows")
    lab.process.terminate()
    assert lab.exit_code() == 143
    assert_harmless(lab.received)
