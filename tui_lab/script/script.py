"""A whole script: an Experiment as one file that PyTorch, pandas and torchmetrics can run."""

from collections.abc import Iterable, Iterator

from tui_lab.script import augmentation, data, network, splitting, tables, training
from tui_lab.script.plan import Plan
from tui_lab.script.words import comment

PACKAGES = "numpy pandas torch torchmetrics"


def script(plan: Plan, remarks: Iterable[str] = ()) -> str:
    """The text of the script; `remarks` are sentences for its head."""
    top = [_head(plan, remarks), _imports(plan)]
    functions = [
        *network.initialised_function(plan),
        *data.bare_function(plan),
        *splitting.split_function(plan),
        *augmentation.functions(plan),
    ]
    steps = [
        data.reading(plan),
        splitting.splitting(plan),
        data.scaling(plan),
        network.network(plan),
        training.objective(plan),
    ]
    parts = [_text(top), *functions, _text(steps)] if functions else [_text([*top, *steps])]
    parts += [_text([training.measuring(plan)]), _text([tables.measured(plan)])]
    parts += [_text([training.loop(plan), tables.printing(plan)])]
    return "\n\n\n".join(parts) + "\n"


def _text(blocks: Iterable[Iterable[str]]) -> str:
    return "\n\n".join("\n".join(block) for block in blocks)


def _head(plan: Plan, remarks: Iterable[str]) -> Iterator[str]:
    """The first two lines are our own: Python takes a file's encoding from a comment there."""
    yield "# A neural network in plain PyTorch, to read from top to bottom and to run:"
    yield f"#     pip install {PACKAGES}"
    title = plan.experiment.title
    for sentence in [*([title] if title else []), *remarks]:
        yield "#"
        yield from comment(sentence)


def _imports(plan: Plan) -> Iterator[str]:
    yield "import copy"
    if any(row.layer.name for row in plan.net.rows):
        yield "from collections import OrderedDict"
    if plan.source.file is None or plan.loaded:
        yield "from pathlib import Path"
    yield ""
    yield from ["import numpy as np", "import pandas as pd", "import torch"]
    yield f"from torch import {'Tensor, nn' if plan.experiment.augmentation else 'nn'}"
    yield tables.metrics_import(plan)
