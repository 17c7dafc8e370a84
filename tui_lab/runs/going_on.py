"""Going on with a run that has ended or died, or with a copy of it that takes another way."""

import json
import shutil
import time
from collections.abc import Sequence

from tui_lab.errors import BadInput, CannotWrite
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.presets import write_file
from tui_lab.experiment.steering import steered
from tui_lab.runs.checkpoints import FOLDER, find_checkpoint
from tui_lab.runs.run import ENDED, Run, empty_run
from tui_lab.runs.status import Status

COPIED = ("experiment.yaml", "initial.safetensors", "initial.pt")


def experiment_now(run: Run) -> Experiment:
    """What was asked for, with the changes that were made while training."""
    return steered(run.experiment, run.status().get("changes", ()))


def ask_to_go_on(
    run: Run, changes: Sequence[str] = (), checkpoint: str = "", force: bool = False
) -> None:
    """Asks the next trainer of an ended run to go on; `BadInput` if there is nothing to do.

    `checkpoint` is a number of steps, `best` or `last`; `force` goes on with other data, too.
    """
    status = run.status()
    if status["state"] not in ENDED:
        raise BadInput(f"{run.id} is {status['state']} already; tui-lab attach {run.id} shows it")
    now = experiment_now(run)
    wanted = steered(now, changes)
    if status["state"] == "diverged" and not changes:
        raise BadInput(
            f"{run.id} diverged and would again; change something, for example "
            f"--set optimizer.lr={now.optimizer.lr / 10:g}"
        )
    if not checkpoint and status["state"] == "finished":
        _refuse_finished(run, status.get("epoch", 0), now, wanted)
    request: dict[str, object] = {"do": "resume"}
    if checkpoint:
        request["checkpoint"] = find_checkpoint(run, checkpoint).path.name
    run.ask(**request, **({"force": True} if force else {}))
    if changes:
        run.ask(do="set", changes=list(changes))


def _refuse_finished(run: Run, done: int, now: Experiment, wanted: Experiment) -> None:
    stopping = wanted.training.early_stopping
    if stopping and stopping == now.training.early_stopping and done < now.training.epochs:
        raise BadInput(
            f"{run.id} was ended by early stopping; "
            "to go on all the same: --set training.early_stopping=null"
        )
    if done >= wanted.training.epochs:
        raise BadInput(f"{run.id} has trained all its {done} epochs; --epochs {2 * done} goes on")


def fork(run: Run, checkpoint: str, changes: Sequence[str] = (), name: str = "") -> Run:
    """A new run that goes on from a checkpoint of another one, with some settings changed."""
    found = find_checkpoint(run, checkpoint)
    told = found.told()
    steered(steered(run.experiment, told["changes"]), changes)
    before = run.status()
    name = name or f"{before.get('name', run.id)} fork"
    carried = ("dataset", "tested", "weights_from")
    status: Status = {key: before[key] for key in carried if key in before}
    status |= {"state": "queued", "name": name, "started": round(time.time(), 3)}
    status |= {"parent": {"run": run.id, "step": found.step}}
    requests = [{"do": "resume"}, *([{"do": "set", "changes": list(changes)}] if changes else [])]
    new = empty_run(name)
    try:
        new.file(FOLDER).mkdir()
        shutil.copy(found.path, new.file(FOLDER) / found.path.name)
        for part in COPIED:
            if run.file(part).is_file():
                shutil.copy(run.file(part), new.file(part))
        with run.file("events.jsonl").open("rb") as events:
            write_file(new.file("events.jsonl"), events.read(told["events"]))
        lines = "".join(json.dumps(request) + "\n" for request in requests)
        write_file(new.file("control.jsonl"), lines.encode())
        write_file(new.file("status.json"), json.dumps(status).encode())
    except (BadInput, OSError) as error:
        shutil.rmtree(new.folder, ignore_errors=True)
        raise error if isinstance(error, BadInput) else CannotWrite(new.folder, error) from None
    return new
