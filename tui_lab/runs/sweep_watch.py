"""Sweeping in the foreground, as the command line does: progress on stderr, signals obeyed."""

import time

from tui_lab.errors import BadInput, Failure
from tui_lab.runs.report import number
from tui_lab.runs.run import ENDED
from tui_lab.runs.start import kill, settle, start_sweep
from tui_lab.runs.sweep_run import Attempts, SweepRun
from tui_lab.runs.trials import Attempt, ranked, trials_of
from tui_lab.runs.watch import BAD_INPUT, BAR, LOOK_SECONDS, Shown, clock, signals


class Progress:
    """How far a sweep is; what has ended is read only once."""

    def __init__(self, run: SweepRun) -> None:
        self.run, self.sweep = run, run.sweep
        self._tail = Attempts(run)
        self.attempts: list[Attempt] = []

    def line(self) -> str:
        """`running  ████░░░░ trial 12/30  best loss 0.0687 (trial 8)  0:12 left`."""
        status = self.run.status()
        self.attempts += self._tail.new()
        total = status.get("trials", 0)
        if not total:
            return str(status["state"]) if status["state"] in ENDED else "starting"
        trials = trials_of(self.attempts, self.sweep.seeds)
        share = min(len(trials) / total, 1)
        bar = "█" * round(share * BAR) + "░" * (BAR - round(share * BAR))
        parts = [f"{status['state']:8} {bar} trial {len(trials)}/{total}"]
        if trials and (best := ranked(trials, self.sweep)[0]).value is not None:
            parts.append(f"best {self.sweep.metric} {number(best.value)} (trial {best.number})")
        if left := seconds_left(status.get("seconds", 0), len(trials), total):
            parts.append(f"{clock(left)} left")
        return "  ".join(parts)


def seconds_left(seconds: float, done: int, total: int) -> float:
    """About how long the rest takes; 0 while nobody can tell, and when there is none."""
    return seconds * (total - done) / done if done else 0.0


def work(run: SweepRun, workers: int, quiet: bool) -> int:
    """Works on a sweep until that ends; the signal that stopped it, or 0.

    It leaves at once if another process began to work on it a moment before.
    """
    shown, progress = Shown(quiet), Progress(run)
    with signals() as came:
        process = start_sweep(run, workers)
        obeyed = 0
        while process.poll() is None:
            shown.progress(progress.line())
            if len(came) > obeyed:
                obeyed += 1
                shown.sentence(_stop(run, obeyed))
            time.sleep(LOOK_SECONDS)
    settle(run, process.returncode)
    status = run.status()
    if status["state"] in ENDED and status.get("pid") not in (process.pid, None):
        said = run.log_end(1) or "its process didn't begin"
        raise (BadInput if process.returncode == BAD_INPUT else Failure)(f"{run.id}: {said}")
    shown.last(progress.line())
    return came[0] if came else 0


def _stop(run: SweepRun, times: int) -> str:
    """Asks it to stop, and kills it the second time."""
    if times > 1:
        kill(run)
        return "killed"
    run.ask(do="stop")
    return "stopping: the trials that have ended are kept (ctrl+c again kills)"


def follow(run: SweepRun, quiet: bool) -> bool:
    """Shows how a sweep goes on that another process works on; whether it ended."""
    shown, progress = Shown(quiet), Progress(run)
    with signals() as came:
        while run.status()["state"] not in ENDED and not came:
            shown.progress(progress.line())
            time.sleep(LOOK_SECONDS)
    shown.last(progress.line())
    return not came
