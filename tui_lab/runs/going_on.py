"""Going on with a run that has ended or died, or with a copy of it that takes another way."""

import json
import shutil
import time
from collections.abc import Sequence

from tui_lab.errors import BadInput, CannotWrite
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.steering import steered
from tui_lab.files import open_file, write_file
from tui_lab.runs.checkpoints import FOLDER, Checkpoint, find_checkpoint
from tui_lab.runs.run import ENDED, Run, empty_run, name_of
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
    chosen = find_checkpoint(run, checkpoint) if checkpoint else None
    if chosen:
        told = chosen.told()
        refuse_too_few(wanted, told.epoch, told.batch)
    elif not force:
        refuse_too_few(wanted, status.get("epoch", 0), status.get("batch", 0))
    if not chosen and status["state"] == "finished":
        _refuse_finished(run, status.get("epoch", 0), now, wanted)
    run.ask(**_request(chosen, changes, force))


def _request(chosen: Checkpoint | None, changes: Sequence[str], force: bool) -> dict[str, object]:
    """All in one line, so that it is asked for as a whole or not at all."""
    request: dict[str, object] = {"do": "resume"}
    if chosen:
        request["checkpoint"] = chosen.path.name
    if changes:
        request["changes"] = list(changes)
    return request | ({"force": True} if force else {})


def refuse_too_few(wanted: Experiment, epoch: int, batch: int) -> None:
    """`BadInput` for fewer epochs than have begun, if `epoch` are done and `batch` of the next."""
    begun = epoch + (1 if batch else 0)
    if wanted.training.epochs < begun:
        raise BadInput(f"training.epochs: {begun} epochs have begun already; ask for more")


def _refuse_finished(run: Run, done: int, now: Experiment, wanted: Experiment) -> None:
    stopping = wanted.training.early_stopping
    if stopping and stopping == now.training.early_stopping and done < now.training.epochs:
        raise BadInput(
            f"{run.id} was ended by early stopping; "
            "to go on all the same: --set training.early_stopping=null"
        )
    if done >= wanted.training.epochs:
        more = f"ask for more to go on, for example --epochs {2 * done}"
        raise BadInput(f"{run.id} has trained all its {done} epochs; {more}")


def fork(
    run: Run, checkpoint: str, changes: Sequence[str] = (), name: str = "", force: bool = False
) -> Run:
    """A new run that goes on from a checkpoint of another one, with some settings changed."""
    found = find_checkpoint(run, checkpoint)
    told = found.told()
    wanted = steered(steered(run.experiment, told.changes), changes)
    refuse_too_few(wanted, told.epoch, told.batch)
    if wanted.training.epochs == told.epoch:
        raise BadInput(f"all its {told.epoch} epochs are done at {found.path.name}; ask for more")
    name = name or f"{name_of(run)} fork"
    new = empty_run(name)
    try:
        _fill(new, run, found, told.events)
        request = json.dumps(_request(found, changes, force)) + "\n"
        write_file(new.file("control.jsonl"), request.encode())
        status = _first_status(run, name, found)
        write_file(new.file("status.json"), json.dumps(status).encode())
    except (BadInput, OSError) as error:
        shutil.rmtree(new.folder, ignore_errors=True)
        raise error if isinstance(error, BadInput) else CannotWrite(new.folder, error) from None
    return new


def _fill(new: Run, run: Run, checkpoint: Checkpoint, events: int) -> None:
    """Copies all that went before."""
    new.file(FOLDER).mkdir()
    shutil.copy(checkpoint.path, new.file(FOLDER) / checkpoint.path.name)
    for part in COPIED:
        if run.file(part).is_file():
            shutil.copy(run.file(part), new.file(part))
    with open_file(run.file("events.jsonl")) as file:
        write_file(new.file("events.jsonl"), file.read(events))


def _first_status(run: Run, name: str, checkpoint: Checkpoint) -> Status:
    before, carried = run.status(), ("dataset", "tested", "weights_from", "notes")
    status: Status = {key: before[key] for key in carried if key in before}
    status |= {"state": "queued", "name": name, "started": round(time.time(), 3)}
    return status | {"parent": {"run": run.id, "step": checkpoint.step}}
