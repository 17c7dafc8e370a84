"""Whatever stands in a run directory, the terminal gets it as text and nothing else."""

import json

from terminal.test_hostile_text import BIDI, COMMANDS, MARKUP, assert_harmless

from tui_lab.experiment.presets import load_preset
from tui_lab.runs.run import create_run

HOSTILE = "".join(COMMANDS + BIDI + MARKUP)[:190]


def hostile_run(seed: int) -> None:
    run = create_run(load_preset("iris", (f"training.seed={seed}",)), "evil")
    status = {"state": "finished", "name": HOSTILE, "why": HOSTILE, "dataset": HOSTILE}
    more = {"epoch": 1, "epochs": 1, "parent": {"run": HOSTILE, "step": 4}, "device": HOSTILE}
    run.file("status.json").write_text(json.dumps(status | more))
    about = {"name": HOSTILE, "tags": ["[red]", HOSTILE], "note": HOSTILE}
    run.file("about.json").write_text(json.dumps(about))
    table = {"loss": 1.0, HOSTILE: 0.5}
    events = [
        {"event": "started", "batches": 1, "rows": {"test": 9}},
        {"event": "changed", "step": 1, "changes": [HOSTILE]},
        {"event": "epoch", "epoch": 1, "train": table, "validation": table},
        {"event": "epoch", "epoch": 2, "train": table, "validation": table},
    ]
    run.file("events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    summary = {"parameters": {"total": 1, "trainable": 1}, "seconds": 1.0, "best_epoch": 1}
    run.file("summary.json").write_text(json.dumps(summary | {"test": table}))


def test_hostile_runs_are_listed_compared_and_opened_as_plain_text(open_lab, home):
    hostile_run(1)
    hostile_run(2)
    lab = open_lab("digits", size=(120, 40))
    lab.wait_for("6,570")
    lab.press("r")
    lab.wait_for("evil-1", "evil-2", "[red]")
    lab.press("s")
    lab.wait_for("Sort by")
    lab.press("\x1b")
    lab.wait(lambda: "Sort by" not in lab.screen.text)
    lab.press(" jc")
    lab.wait_for("training.seed", "validation loss")
    lab.press("\x1b")
    lab.wait_for("evil-1", "Filter")
    lab.press("\r")
    lab.wait_for("Results", "evil-")
    lab.process.terminate()
    assert lab.exit_code() == 143
    assert_harmless(lab.received)
