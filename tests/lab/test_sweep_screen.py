"""The sweep screen: what it shows, and all that can be done with a sweep by keys."""

import json
import subprocess
import threading
from types import SimpleNamespace

import psutil
import pytest
from pilot import ColdTrainer, messages, opened, text_of, type_text, until
from recorded_sweep import line, recorded_sweep, write
from textual.widgets import Input, Static
from textual.widgets._footer import FooterKey

from tui_lab.experiment.ranges import Uniform
from tui_lab.experiment.sweep import Sweep
from tui_lab.lab import sweeps
from tui_lab.lab.screens import sweep as sweep_screen
from tui_lab.lab.screens.choose import Choose
from tui_lab.lab.screens.main import Main
from tui_lab.lab.screens.sweep import SweepScreen
from tui_lab.lab.screens.sweep_form import SweepForm
from tui_lab.lab.widgets.chart import Chart
from tui_lab.lab.widgets.heat_map import HeatMap
from tui_lab.lab.widgets.trial_list import TrialList
from tui_lab.runs import trials
from tui_lab.runs.status import started
from tui_lab.runs.sweep_run import SweepRun, all_sweeps
from tui_lab.runs.sweep_view import Reader
from tui_lab.runs.trials import Attempt, trials_of

SIZES = [(80, 24), (140, 45)]
HOSTILE = "\x1b]0;owned\x07\u202e[@click=app.quit]x[/]\x9b2J"
ALIVE = {"pid": psutil.Process().pid, "process_started": started(psutil.Process())}


@pytest.fixture
def begun(monkeypatch) -> list[tuple[str, int]]:
    """The sweeps for which a process was asked, and how many workers; none is started."""
    found = []

    class Process:
        @staticmethod
        def poll() -> None:
            """It goes on for ever."""

        @staticmethod
        def wait(seconds: float) -> None:
            """Or ends at once."""

    def start(run: SweepRun, workers: int) -> Process:
        found.append((run.id, workers))
        run.file("status.json").write_text(json.dumps(run.status() | {"state": "running"} | ALIVE))
        return Process()

    monkeypatch.setattr(ColdTrainer, "sweep", staticmethod(start))
    return found


async def show(lab, pilot, run: SweepRun | None = None) -> SweepScreen:
    if run is not None:
        lab.main.sweeps = sweeps.Sweeps(lab.main)
        lab.main.sweeps.shown = run
    await pilot.press("S")
    await until(pilot, lambda: isinstance(lab.screen, SweepScreen) and lab.screen.view)
    await pilot.pause()
    return lab.screen


def rows(screen: SweepScreen) -> list[list[str]]:
    found = screen.query_one(TrialList)
    lines = [found.render_line(y).text.split() for y in range(1, found.size.height)]
    return [line for line in lines if line]


def chart(screen: SweepScreen) -> list[str]:
    found = screen.query_one(Chart)
    return [found.render_line(y).text for y in range(found.size.height)]


def footer(screen: SweepScreen) -> list[str]:
    return [key.description for key in screen.query(FooterKey)]


def text(screen: SweepScreen, place: str) -> str:
    return text_of(screen.query_one(place, Static))


@pytest.mark.parametrize("size", SIZES)
async def test_leaderboard_curves_map_and_effects_are_shown(size):
    run = recorded_sweep(10)
    async with opened(size=size) as (lab, pilot):
        screen = await show(lab, pilot, run)
        values = [float(row[4]) for row in rows(screen)]
        assert [row[0] for row in rows(screen)] == [str(n) for n in range(1, len(values) + 1)]
        assert values == sorted(values)
        assert text(screen, "#heading").startswith("search-1  ✓ finished 10/10 · best loss 0.0")
        assert "lr: +1.00, more is better" in text(screen, "#effects")
        map_lines = text_of(screen.query_one(HeatMap)).split("\n")
        assert map_lines[0].startswith("↑ momentum 0.85 … 0.99")
        foot = [line for line in map_lines[-2:] if line != "bright is good"][-1]
        assert foot.startswith("→ lr 0.0001 … 0.01 (log)")
        assert "bright is good" in map_lines
        await pilot.press("x")
        assert "three or more" in messages(lab)[-1]
        assert len(map_lines) > 5
        assert "trials below" in chart(screen)[0]


async def test_the_curve_of_the_highlighted_trial_is_the_bold_one():
    run = recorded_sweep(10)
    async with opened() as (lab, pilot):
        screen = await show(lab, pilot, run)
        for _ in range(3):
            number, value = (rows(screen)[screen.query_one(TrialList).place][i] for i in (1, 4))
            assert chart(screen)[0].startswith(f"trial {number} loss")
            assert value.rstrip("0")[:5] in chart(screen)[0]
            await pilot.press("down")
            await pilot.pause()
        before = chart(screen)
        await pilot.press("g", "P")
        assert chart(screen) != before


async def test_a_running_sweep_fills_in_and_says_how_long_it_takes(begun):
    run = recorded_sweep(4, wanted=8, state="running", **ALIVE)
    live = [line(5, state="running", value=None, epochs=7, curve=[[1, 0.7], [7, 0.3]])]
    run.file("live.json").write_text(json.dumps({"running": live}))
    async with opened() as (lab, pilot):
        screen = await show(lab, pilot)
        assert "▶ running 4/8" in text(screen, "#heading")
        assert "0:12 left" in text(screen, "#heading")
        assert rows(screen)[-1][:1] == ["5"]
        assert rows(screen)[-1][-1] == "running"
        before = text_of(screen.query_one(HeatMap))
        write(run, line(5))
        await until(pilot, lambda: len(screen.view.trials) == 5)
        await pilot.pause()
        assert [row[1] for row in rows(screen) if row[-1] == "finished"].count("5") == 1
        assert text_of(screen.query_one(HeatMap)) != before


async def test_an_idle_screen_draws_nothing():
    run = recorded_sweep(10)
    async with opened() as (lab, pilot):
        screen = await show(lab, pilot, run)
        await pilot.pause(0.3)
        drawn = []
        for widget in screen.walk_children():
            widget.refresh = lambda *_, widget=widget, **__: drawn.append(widget)
        reads = []
        reader, screen.reader = screen.reader, None
        screen.reader = reader
        view = reader.view
        reader.view = lambda: reads.append(1) or view()
        await until(pilot, lambda: len(reads) > 2)
        assert drawn == []


async def test_without_a_sweep_a_form_begins_with_the_experiments_own_rate(begun):
    async with opened("5.3-momentum") as (lab, pilot):
        await pilot.press("S")
        await pilot.pause()
        assert isinstance(lab.screen, SweepForm)
        assert lab.screen.lines[0] == "optimizer.lr: loguniform 0.005 0.5"
        await pilot.press("o")
        assert "there are no sweeps yet" in messages(lab)[-1]
        await pilot.press("S")
        await pilot.pause()
        await pilot.press("question_mark")
        await pilot.pause()
        assert "loguniform 1e-4 1e-2" in lab.screen.text
        await pilot.press("escape")
        await pilot.press("enter")
        await type_text(pilot, "lr: log 1e-4 1e")
        await pilot.press("enter")
        await pilot.pause()
        assert "a number" in text_of(lab.screen.query_one("#told", Static))
        await pilot.press("t")
        assert isinstance(lab.screen, SweepForm)
        await pilot.press("enter")
        await type_text(pilot, "lr: log 1e-4 1e-1")
        await pilot.press("enter", "down", "d", "a")
        await pilot.pause()
        await type_text(pilot, "layers.2: choice ReLU, Tanh")
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("t")
        await until(pilot, lambda: isinstance(lab.screen, SweepScreen))
        (run,) = all_sweeps()
        assert list(run.sweep.settings) == [
            "optimizer.lr", "dropout", "optimizer.weight_decay", "layers.2",
        ]  # fmt: skip
        assert [name for name, _ in begun] == [run.id]
        assert lab.main.experiment.sweep == run.sweep
        await pilot.press("escape", "u")
        assert lab.main.experiment.sweep is None


async def test_keys_stop_go_on_draw_more_and_repeat(begun):
    run = recorded_sweep(6, wanted=8, state="stopped")
    async with opened() as (lab, pilot):
        await show(lab, pilot, run)
        await pilot.press("s", "d")
        assert list(run.requests()) == []
        await pilot.press("R")
        await until(pilot, lambda: lab.screen.view.state == "running")
        await pilot.press("m")
        await pilot.pause()
        lab.screen.query_one(Input).value = "9" * 5_000
        await pilot.press("enter")
        await pilot.pause()
        assert "type a number from 9 to 10,000" in text(lab.screen, "#wrong")
        await type_text(pilot, "20")
        await pilot.press("enter", "e", "s")
        await until(pilot, lambda: lab.screen.view.wanted == 20)
        best = [trial.number for trial in lab.screen.view.trials[:2]]
        assert [request for request in run.requests() if request["do"] != "resume"] == [
            {"do": "trials", "trials": 20},
            *({"do": "repeat", "trial": number} for number in best),
            {"do": "stop"},
        ]
        assert begun == [(run.id, 2)]


async def test_a_process_that_is_slow_to_end_is_told():
    class Slow:
        poll = staticmethod(lambda: None)

        @staticmethod
        def wait(seconds: float) -> None:
            raise subprocess.TimeoutExpired("sweep", seconds)

    run = recorded_sweep(6, wanted=8, state="stopped")
    async with opened() as (lab, pilot):
        await show(lab, pilot, run)
        lab.main.sweeps._processes[run.id] = (run, Slow())
        await pilot.press("R")
        assert "about to end; try again" in messages(lab)[-1]
        lab.main.sweeps._processes.clear()


async def test_a_trial_becomes_a_run_by_one_key(monkeypatch):
    run = recorded_sweep(8)
    async with opened("6.4-random-search") as (lab, pilot):
        screen = await show(lab, pilot, run)
        best = screen.view.trials[0]
        followed = []
        monkeypatch.setattr(lab.warm, "train", followed.append, raising=False)
        monkeypatch.setattr(type(lab.main.view), "follow", lambda self, run, process: None)
        lab.main.view.helm = type("Helm", (), {"take": staticmethod(lambda: None)})
        await pilot.press("p")
        await until(pilot, lambda: isinstance(lab.screen, Main) and followed)
        assert "S leads back to the sweep" in messages(lab)[-1]
        assert followed[0].id == f"search-trial-{best.number}-1"
        assert lab.main.experiment.optimizer.lr == best.settings["optimizer.lr"]
        assert lab.main.experiment.sweep is not None


async def test_repetitions_say_whether_the_difference_is_real():
    run = recorded_sweep(8)
    write(run, *(line(number, seed) for number in (5, 2) for seed in range(1, 6)))
    async with opened(size=(80, 24)) as (lab, pilot):
        screen = await show(lab, pilot, run)
        line_ = screen.query_one("#effects", Static)
        shown = " ".join(line_.render_line(y).text.strip() for y in range(line_.size.height))
        assert "Trial 5 over 5 new seeds: loss" in shown
        assert "more than chance in the seeds" in shown
        assert "(standard error) better than trial 2." in shown
        assert len(rows(screen)) > 3


async def test_hostile_trials_are_plain_text():
    run = recorded_sweep(1)
    settings = {"optimizer.lr": HOSTILE, "optimizer.momentum": [HOSTILE], HOSTILE: None}
    write(run, *(line(n, settings=settings, state="failed", why=HOSTILE) for n in range(2, 9)))
    status = {"state": "failed", "why": HOSTILE, "started": 0, "seconds": 1}
    run.file("status.json").write_text(json.dumps(status))
    bad = recorded_sweep(1)
    bad.file("experiment.yaml").write_text(f"{json.dumps(HOSTILE)}: 1")
    async with opened(size=(140, 45)) as (lab, pilot):
        screen = await show(lab, pilot, run)
        await pilot.press("down", "x", "p")
        shown = [text_of(static) for static in screen.query(Static)] + chart(screen)
        shown += [" ".join(row) for row in rows(screen)]
        assert all(part.isprintable() for one in shown for part in one.split("\n"))
        assert any("\\x1b]0;owned" in one for one in shown)
        screen.show(bad)
        await until(pilot, lambda: "unknown key" in text(screen, "#heading"))
        await pilot.press(*"sdRmepxgP", "escape")
        assert lab.is_running


async def test_a_deleted_sweep_leaves_the_screen_to_another_and_comes_back():
    other, run = recorded_sweep(2), recorded_sweep(3)
    async with opened() as (lab, pilot):
        screen = await show(lab, pilot, run)
        await pilot.press("D")
        await until(pilot, lambda: screen.view and screen.view.id == other.id)
        assert not run.folder.exists()
        await pilot.press("u")
        await until(pilot, lambda: screen.view and screen.view.id == run.id)
        assert [one.id for one in all_sweeps()] == [other.id, run.id]
        assert messages(lab) == [f"{run.id} is back"]
        await pilot.press("D", "D")
        assert isinstance(lab.screen, Main)
        assert f"restore --sweep {other.id}" in messages(lab)[-1]


async def test_keys_come_first_but_what_is_new_is_shown_all_the_same(monkeypatch):
    monkeypatch.setattr(sweep_screen, "AFTER_KEY_SECONDS", 3600)
    run = recorded_sweep(4, wanted=8, state="running", **ALIVE)
    async with opened() as (lab, pilot):
        screen = await show(lab, pilot, run)
        await pilot.press("down", "down")
        write(run, line(5))
        await until(pilot, lambda: "running 5/8" in text(screen, "#heading"))


async def test_the_keys_of_another_sweep_are_shown():
    other, run = recorded_sweep(2), recorded_sweep(3)
    async with opened() as (lab, pilot):
        screen = await show(lab, pilot, run)
        for another in (other, run):
            await until(pilot, lambda: "Promote" in footer(screen))
            screen.show(another)
            screen.refresh_bindings()  # as it happens when a dialog is closed
            await until(pilot, lambda: "Promote" not in footer(screen))
            await until(pilot, lambda: "Promote" in footer(screen))


async def test_the_sweep_that_was_chosen_last_is_shown_while_another_is_still_being_read(
    monkeypatch,
):
    other, run = recorded_sweep(2), recorded_sweep(3)
    reading, go_on = threading.Event(), threading.Event()

    def reader(asked: SweepRun) -> Reader:
        if asked is other:
            reading.set()
            go_on.wait(10)
        return Reader(asked)

    async with opened() as (lab, pilot):
        screen = await show(lab, pilot, run)
        monkeypatch.setattr(sweep_screen, "Reader", reader)
        screen.show(other)
        await until(pilot, reading.is_set)
        screen.show(run)
        go_on.set()
        await until(pilot, lambda: screen.view and screen.view.id == run.id)
        await until(pilot, lambda: len(rows(screen)) == 3)


async def test_the_screen_answers_while_many_trials_are_ranked(monkeypatch):
    run = recorded_sweep(8)
    ranked_in, standing = set(), trials.standing

    def told(*asked):
        ranked_in.add(threading.current_thread())
        return standing(*asked)

    monkeypatch.setattr(trials, "standing", told)
    async with opened() as (lab, pilot):
        screen = await show(lab, pilot, run)
        write(run, line(9))
        await until(pilot, lambda: len(screen.view.trials) == 9)
        await pilot.press("down", "e", "x")
        await pilot.pause()
        assert ranked_in
        assert threading.main_thread() not in ranked_in


async def test_an_earlier_sweep_is_opened_from_the_form():
    run = recorded_sweep(3)
    async with opened() as (lab, pilot):
        await pilot.press("S", "o")
        await until(pilot, lambda: isinstance(lab.screen, Choose))
        assert lab.screen.notes[run.id].startswith("finished · 3 trials · digits · ")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(lab.screen, SweepScreen) and lab.screen.view)
        assert lab.screen.view.id == run.id


async def test_several_seeds_are_told_by_mean_and_deviation_and_drawn_a_curve_each():
    run = recorded_sweep(2, wanted=3, seeds=2, state="running", **ALIVE)
    live = [line(3, seed, state="running", value=None, epochs=7) for seed in range(2)]
    run.file("live.json").write_text(json.dumps({"running": live}))
    async with opened() as (lab, pilot):
        screen = await show(lab, pilot, run)
        heads = screen.query_one(TrialList).render_line(0).text.split()
        assert heads == ["trial", "lr", "momentum", "loss", "±", "epochs", "seconds", "state"]
        assert [row[5] for row in rows(screen)[:2]] == ["0.0014", "0.0014"]
        assert [row[0] for row in rows(screen)[2:]] == ["3.1", "3.2"]
        assert len([s for s in screen.query_one("#trials", Chart).series if not s.thin]) == 2


async def test_with_many_settings_seconds_and_epochs_give_way_on_a_narrow_screen():
    keys = [f"training.setting_{n}" for n in range(6)]
    found = Sweep(settings=dict.fromkeys(keys, Uniform(bounds=(0, 1))), trials=1)
    values = dict.fromkeys(keys, 4.7012e-05)
    (trial,) = trials_of([Attempt(trial=1, settings=values, state="finished")], 1)
    view = SimpleNamespace(
        sweep=found, trials=[trial], live=[], results=SimpleNamespace(ranks={1: 1})
    )
    async with opened() as (lab, pilot):
        screen = await show(lab, pilot, recorded_sweep(1))
        screen.query_one(TrialList).show(view)
        await pilot.pause()
        lines = [screen.query_one(TrialList).render_line(y).text for y in (0, 1)]
        assert lines[0].split()[-2:] == ["loss", "state"]
        assert lines[1].split()[2:8] == ["4.7e-5"] * 6
        assert lines[1].rstrip().endswith("finished")


async def test_the_palette_has_the_keys_of_the_sweep_screen():
    async with opened() as (lab, pilot):
        await show(lab, pilot, recorded_sweep(3))
        await pilot.press("ctrl+p")
        await until(pilot, lambda: lab.screen.query("CommandList"))
        commands = lab.screen.query_one("CommandList")
        await until(pilot, lambda: commands.option_count)
        shown = " ".join(str(option.prompt) for option in commands.options)
        assert "Repeat the best two" in shown
        assert "Quit the application" not in shown


async def test_repetitions_that_were_cut_off_are_gone_on_with_and_leave_trials_alone(begun):
    run = recorded_sweep(3, state="stopped")
    async with opened() as (lab, pilot):
        screen = await show(lab, pilot, run)
        assert not screen.view.has_work
        await pilot.press("e")
        assert list(run.requests())[-1] == {"do": "resume", "only": "repeats"}
        run.file("status.json").write_text(json.dumps(run.status() | {"state": "stopped"}))
        await until(pilot, lambda: screen.view.is_over and screen.view.has_work)
        await pilot.press("R")
        assert list(run.requests())[-1] == {"do": "resume", "only": None}


async def test_keys_that_can_do_nothing_say_why():
    done, begun = recorded_sweep(2), recorded_sweep(0, wanted=4, state="running", **ALIVE)
    said = {
        done: {"R": "m draws more", "s": "has ended", "d": "only a trial that is training"},
        begun: {"R": "s stops it", "p": "not ended yet", "e": "no trial has finished yet"},
    }
    async with opened() as (lab, pilot):
        screen = await show(lab, pilot, done)
        for run, sentences in said.items():
            screen.show(run)
            await until(pilot, lambda run=run: screen.view and screen.view.id == run.id)
            for key, sentence in sentences.items():
                await pilot.press(key)
                assert sentence in messages(lab)[-1]


async def test_a_sweep_that_goes_on_is_not_deleted():
    run = recorded_sweep(2, wanted=4, state="running", **ALIVE)
    async with opened() as (lab, pilot):
        await show(lab, pilot, run)
        await pilot.press("D")
        assert "stop it before you delete it" in messages(lab)[-1]
        assert run.folder.exists()


async def test_a_real_sweep_from_the_form_to_the_leaderboard(tmp_path):
    preset = tmp_path / "p.yaml"
    sweep = "{trials: 2, settings: {optimizer.lr: {LogUniform: [1e-3, 1]}}}"
    preset.write_text(f"dataset: {{name: iris}}\ntraining: {{epochs: 2}}\nsweep: {sweep}\n")
    async with opened(preset) as (lab, pilot):
        await pilot.press("S", "t")
        await until(pilot, lambda: isinstance(lab.screen, SweepScreen) and lab.screen.view)
        await until(pilot, lambda: lab.screen.view.state == "finished")
        await until(pilot, lambda: len(rows(lab.screen)) == 2)
        await until(pilot, lambda: not lab.main.sweeps.running)
