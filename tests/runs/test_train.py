"""Real trainings by the command line, each a process."""

import json

import pytest
from click.testing import CliRunner

from tui_lab.cli import main


def train(*words: str) -> dict:
    result = CliRunner(catch_exceptions=False).invoke(main, ["train", *words, "--json", "--quiet"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_digits_reach_what_a_good_small_network_reaches():
    result = train("digits")
    assert result["state"] == "finished"
    assert result["parameters"] == {"total": 6570, "trainable": 6570}
    assert result["test"]["accuracy"] >= 0.95


def test_the_same_preset_gives_the_same_bits(home):
    first, second = (train("digits", "--set", "training.epochs=3")["run"] for _ in range(2))
    for name in ("events.jsonl", "weights.safetensors"):
        files = [(home / "runs" / run / name).read_bytes() for run in (first, second)]
        assert files[0] == files[1]


def test_a_loss_that_is_not_a_number_ends_the_run(home):
    words = ["train", "digits", "--set", "optimizer.lr=1e30", "--quiet"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert "diverged" in result.output
    assert "step" in result.output


@pytest.mark.parametrize("words", [["train", "digit"], ["show", "nothing"], ["check", "no.yaml"]])
def test_bad_input_is_one_sentence_and_exit_2(words, home):
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert len(result.output.strip().splitlines()) == 1
    assert not home.exists()
