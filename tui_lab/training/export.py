"""What needs torch to be exported: `python -m tui_lab.training.export FORMAT RUN PATH`."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load

from tui_lab.errors import BadInput, Failure
from tui_lab.experiment.advice import completed, network_of
from tui_lab.files import write_file
from tui_lab.runs.run import Run
from tui_lab.training.comparing import own_answers, refuse_different, rows_to_compare
from tui_lab.training.event_file import write_event_file
from tui_lab.training.network import build
from tui_lab.training.program import (
    Answered,
    onnx_answers,
    onnx_program,
    pt2_answers,
    pt2_program,
)
from tui_lab.training.tensor_file import Tensors, read_tensors
from tui_lab.training.trained import Answers, trained
from tui_lab.training.transfer import load as load_initial
from tui_lab.training.worker import exit_code


def _pt(run: Run, path: Path) -> None:
    weights, _ = read_tensors(run.file("weights.safetensors"))
    _save(weights, path)


def _initial(run: Run, path: Path) -> None:
    """The weights that a run didn't draw but load, for the script that loads them too."""
    facts = run.experiment.dataset.facts()
    experiment = completed(run.experiment, facts)
    net = network_of(experiment, facts)
    network = build(net)
    loaded = load_initial(network, net, experiment.weights, run.folder)
    tensors = network.state_dict()
    _save({name: tensors[name] for name in loaded.names} if loaded else {}, path)


def _save(weights: Tensors, path: Path) -> None:
    buffer = io.BytesIO()
    torch.save(weights, buffer)
    buffer.seek(0)
    _refuse_other(torch.load(buffer, weights_only=True), weights)
    write_file(path, buffer.getvalue())


def _safetensors(run: Run, path: Path) -> None:
    weights, _ = read_tensors(run.file("weights.safetensors"))
    content = run.file("weights.safetensors").read_bytes()
    _refuse_other(load(content), weights)
    write_file(path, content)


def _refuse_other(again: Tensors, weights: Tensors) -> None:
    same = again.keys() == weights.keys()
    if not (same and all(torch.equal(weights[name], again[name]) for name in weights)):
        raise Failure("the exported weights differ from the run's; nothing is written")


def _program(
    write: Callable[[Answers, torch.Tensor], bytes],
    answers: Callable[[bytes, torch.Tensor], Answered],
) -> Callable[[Run, Path], None]:
    """Exports the network from the raw columns on, and has it answer before it is written."""

    def exported(run: Run, path: Path) -> None:
        found = trained(run)
        rows = rows_to_compare(run, found.saved)
        content = write(found.answers, rows)
        expected = own_answers(found, rows)
        for count in (1, len(rows)):
            given = answers(content, rows[:count])
            refuse_different(given, {name: x[:count] for name, x in expected.items()})
        write_file(path, content)

    return exported


WRITERS: dict[str, Callable[[Run, Path], None]] = {
    "pt": _pt,
    "initial": _initial,
    "safetensors": _safetensors,
    "onnx": _program(onnx_program, onnx_answers),
    "pt2": _program(pt2_program, pt2_answers),
    "tensorboard": write_event_file,
}


def write(kind: str, run: Run, path: Path) -> None:
    """Writes one format, after reading it back; `BadInput` or `Failure`, and nothing written."""
    try:
        WRITERS[kind](run, path)
    except OSError as error:
        raise BadInput(f"can't be read: {error.strerror}", error.filename) from None


if __name__ == "__main__":
    format_, folder, target = sys.argv[1:]
    sys.exit(exit_code(lambda: write(format_, Run(Path(folder)), Path(target))))
