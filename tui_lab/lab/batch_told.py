"""A batch as text: how it is made, what is in it, and what was made of its rows."""

from collections.abc import Sequence
from typing import Any

from textual.content import Content

from tui_lab.errors import visible
from tui_lab.experiment.experiment import Experiment
from tui_lab.lab.widgets.picture import Pixels, beside, drawn
from tui_lab.lab.widgets.rows import cut

Reply = dict[str, Any]
"""See `tui_lab.training.batch`."""
CELL, ROW, NAME, GAP = 10, 7, 12, "   "
MOST_ONE_HOT = 20
"""With more classes one-hot rows are too long to read."""


def made(reply: Reply, experiment: Experiment) -> Content:
    """The dataset and the loader in PyTorch's words, and how many rows and batches they have."""
    dataset, rows, many = experiment.dataset, reply["rows"], reply["batches"]
    size, last = dataset.batch_size, reply["last_rows"]
    short = f", the last of {last:,}" if last != min(size, rows) else ""
    loader = f"loader = DataLoader(dataset, batch_size={size}, shuffle={dataset.shuffle})"
    return Content.assemble(
        (f"# {rows:,} training rows, {many:,} batches{short}\n", "$foreground-muted"),
        ("dataset = TensorDataset(x, y)\n", "bold"),
        (loader, "bold"),
    )


def tensors(reply: Reply, experiment: Experiment) -> Content:
    """What x and y are, as the network and the loss see them."""
    x, y, where = reply["x"], reply["y"], f"on {reply['device']}"
    lines = [Content.assemble((f"x  {_form(x)} {where}\n", "bold"), _spread(x))]
    if experiment.augmentation:
        lines.append(Content(f"{_spread(reply['plain'])}  before augmentation"))
    meaning = f"  {_meaning(reply, experiment)}"
    lines.append(Content.assemble((f"y  {_form(y)} {where}", "bold"), meaning))
    return Content("\n").join(lines)


def _form(tensor: Reply) -> str:
    sides = ", ".join(map(str, tensor["shape"]))
    return f"({sides}{',' if len(tensor['shape']) == 1 else ''}) {tensor['dtype']}"


def _spread(x: Reply) -> str:
    told = "  ".join(f"{name} {x[name]:.4g}" for name in ("min", "mean", "max", "std"))
    return f"   {told}"


def _meaning(reply: Reply, experiment: Experiment) -> str:
    if not reply["classes"]:
        scaled = ", scaled" if experiment.dataset.scale else ", as it is"
        meaning = f"the target{scaled}"
    elif reply["y"]["dtype"] == "int64":
        meaning = "the class's number, not one-hot"
    else:
        zero, one = (cut(visible(name), NAME) for name in reply["classes"])
        meaning = f"1 for {one}, 0 for {zero}"
    return f"{type(experiment.loss).__name__}: {meaning}"


def targets(reply: Reply) -> Content:
    """The target of each of the first rows: as it is called, and as the loss sees it."""
    classes = reply["classes"]
    one_hot = reply["y"]["dtype"] == "int64" and len(classes) <= MOST_ONE_HOT
    heading = (
        f"{reply['counted']:>{ROW}} {'target':{NAME}} {'y':>{CELL}}{'  one-hot' if one_hot else ''}"
    )
    lines = [Content.styled(heading, "$foreground-muted")]
    for sample in reply["samples"]:
        name = cut(visible(sample["target"]), NAME)
        line = f"{sample['row']:>{ROW}} {name:{NAME}} {sample['y']:>{CELL}.4g}"
        if one_hot:
            hot = ("1" if place == sample["y"] else "0" for place in range(len(classes)))
            line += f"  {' '.join(hot)}"
        lines.append(Content(line + _mixed(sample)))
    return Content("\n").join(lines)


def _mixed(sample: Reply) -> str:
    if "other" not in sample:
        return ""
    own, other = (cut(visible(sample[name]), NAME) for name in ("target", "other"))
    return f"  {sample['share']:.4g} of {own}, {1 - sample['share']:.4g} of {other}"


def pictures(reply: Reply, experiment: Experiment, width: int, plain: bool) -> Content:
    """As many pictures as fit beside each other, as they enter; if augmented, as they were, too."""
    keys, title = ["after"], "the pictures as they enter"
    if experiment.augmentation:
        keys, title = ["before", "after"], "before → after augmentation"
    shown = [_beside(pair, keys, plain) for pair in reply["pictures"]]
    if not shown:
        return Content("")
    each = shown[0][0].cell_length + len(GAP)
    fit = max(1, (width + len(GAP)) // each)
    lines = [Content.styled(title, "bold")]
    for start in range(0, len(shown), fit):
        lines += [*beside(shown[start : start + fit], GAP), Content("")]
    return Content("\n").join(lines[:-1])


def _beside(pair: Reply, keys: Sequence[str], plain: bool) -> list[Content]:
    return beside([drawn(_pixels(pair[key]), plain) for key in keys], " → ")


def _pixels(rows: Sequence[Sequence[Any]]) -> Pixels:
    """Colours come as lists."""
    return [[tuple(x) if isinstance(x, list) else x for x in row] for row in rows]


def numbers(reply: Reply, experiment: Experiment, width: int) -> Content:
    """The first numbers of the first rows: as read, after scaling, and as they enter."""
    columns, read = reply["columns"], list(reply["samples"][0]["read"])
    blocks = [_block("as in the table", read, reply, "read", width)]
    scaled = "after scaling" if experiment.dataset.scale else "as numbers (no scaling)"
    blocks.append(_block(scaled, columns, reply, "scaled", width))
    if experiment.augmentation:
        blocks.append(_block("after augmentation", columns, reply, "entering", width))
    return Content("\n\n").join(blocks)


def _block(title: str, names: Sequence[str], reply: Reply, key: str, width: int) -> Content:
    fit = max(1, (width - ROW) // CELL)
    heading = "".join(_cell(name) for name in names[:fit])
    lines = [Content.styled(title, "bold")]
    lines.append(Content.styled(f"{reply['counted']:>{ROW}}{heading}", "$foreground-muted"))
    for sample in reply["samples"]:
        values = sample[key].values() if key == "read" else map("{:.4g}".format, sample[key])
        cells = "".join(_cell(value) for value in list(values)[:fit])
        lines.append(Content(f"{sample['row']:>{ROW}}{cells}"))
    return Content("\n").join(lines)


def _cell(text: str) -> str:
    return f" {cut(visible(text), CELL - 1):>{CELL - 1}}"
