"""The network from the raw columns on as a program for others: ONNX, or PyTorch's torch.export."""

import contextlib
import io
import json
import logging
import warnings
from collections.abc import Iterator

import torch
from torch import Tensor

from tui_lab.experiment.preparation import SavedPreparation
from tui_lab.training.trained import Answers

Answered = dict[str, Tensor]
ABOUT_FILE = "tui-lab.json"
ROWS = torch.export.Dim("rows")


def about(saved: SavedPreparation) -> dict[str, object]:
    """What the program's rows and answers are called."""
    told = saved.model_dump(include={"task", "target", "classes"})
    return {"columns": saved.numbers, **told}


def onnx_program(answers: Answers, rows: Tensor) -> bytes:
    """An ONNX model for any number of rows like these; `about` is in its metadata."""
    with _quiet():
        exported = torch.onnx.export(
            answers,
            (rows,),
            dynamo=True,
            input_names=["rows"],
            output_names=list(answers(rows)),
            dynamic_shapes={"rows": {0: ROWS}},
            verbose=False,
        )
    assert exported is not None
    model = exported.model_proto
    for key, value in about(answers.saved).items():
        written = value if isinstance(value, str) else json.dumps(value)
        model.metadata_props.add(key=key, value=written)
    content: bytes = model.SerializeToString()
    return content


def onnx_answers(content: bytes, rows: Tensor) -> Answered:
    """What onnxruntime makes of a model and rows."""
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    found = session.run(names, {"rows": rows.numpy()})
    return {name: torch.from_numpy(value) for name, value in zip(names, found, strict=True)}


def pt2_program(answers: Answers, rows: Tensor) -> bytes:
    """A torch.export program for any number of rows like these; `about` is in an extra file."""
    buffer = io.BytesIO()
    with _quiet():
        exported = torch.export.export(answers, (rows,), dynamic_shapes={"rows": {0: ROWS}})
        extra = {ABOUT_FILE: json.dumps(about(answers.saved))}
        torch.export.save(exported, buffer, extra_files=extra)
    return buffer.getvalue()


def pt2_answers(content: bytes, rows: Tensor) -> Answered:
    """What a program, loaded anew, makes of rows."""
    with _quiet():
        loaded = torch.export.load(io.BytesIO(content))
        found: Answered = loaded.module()(rows)
    return found


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Exporting warns of what nobody here can change, such as that torchvision isn't there."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
