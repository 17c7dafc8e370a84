"""The third part of a script: loss, optimizer, schedule, and the loop over the epochs."""

from collections.abc import Generator, Iterator

from tui_lab.experiment.optimizers import FUSED
from tui_lab.script.augmentation import augmented, mixes
from tui_lab.script.plan import Plan
from tui_lab.script.words import comment, enclosed, keywords, literal, told


def objective(plan: Plan) -> Iterator[str]:
    """The loss, the optimizer and the schedule."""
    yield "# What training makes small, and how."
    name, arguments = type(plan.loss).__name__, plan.loss.arguments()
    weight = arguments.pop("weight", None)
    written = [f"weight=torch.tensor({literal(list(weight))})"] if weight else []
    written += keywords(plan.loss, arguments)
    yield from enclosed(f"loss_function = nn.{name}(", written, ")")
    if plan.moves:
        yield from _optimizer(plan)
    else:
        yield "# There is no optimizer, because no layer has anything to train."


def _optimizer(plan: Plan) -> Iterator[str]:
    optimizer, schedule = plan.experiment.optimizer, plan.experiment.schedule
    name = type(optimizer).__name__
    groups = "network.parameters()"
    if plan.lr_factor != 1:
        yield from _groups(plan)
        rate = f"{literal(plan.lr_factor)} * {literal(optimizer.lr)}"
        groups = f'[{{"params": others}}, {{"params": loaded, "lr": {rate}}}]'
    written = [groups, *keywords(optimizer, optimizer.arguments())]
    written += ["fused=True"] if name in FUSED else []
    yield from enclosed(f"optimizer = torch.optim.{name}(", written, ")")
    if schedule:
        name, epochs = type(schedule).__name__, plan.experiment.training.epochs
        arguments = schedule.arguments_for(optimizer.lr, epochs, plan.steps)
        written = ["optimizer", *keywords(schedule, arguments)]
        yield from enclosed(f"scheduler = torch.optim.lr_scheduler.{name}(", written, ")")


def _groups(plan: Plan) -> Iterator[str]:
    """The parameters that were loaded, and the others."""
    share = literal(plan.lr_factor)
    yield from comment(f"The weights that were loaded learn with {share} times the others' rate.")
    for name, test in (("loaded", "in"), ("others", "not in")):
        named = "p for name, p in network.named_parameters()"
        yield f"{name} = [{named} if name {test} weights]"


def measuring(plan: Plan) -> Iterator[str]:
    """The functions that look at the network without moving it."""
    yield "@torch.no_grad()"
    yield "def predict(x):"
    yield '    """The network\'s outputs, with layers such as Dropout as they are in real use."""'
    yield "    network.eval()"
    if max(plan.source.sizes) > plan.rows_at_once:
        yield f"    return torch.cat([network(part) for part in x.split({plan.rows_at_once})])"
    else:
        yield "    return network(x)"
    yield from ["", ""]
    weighted = plan.loss.arguments().get("weight") is not None
    exact = "copy.deepcopy(loss_function).double()" if weighted else "loss_function"
    outputs, wanted = "outputs.double()", "y"
    if plan.one_number:
        outputs, wanted = "outputs.flatten().double()", "y.double()"
    yield "def mean_loss(outputs, y):"
    yield '    """The loss over all rows at once, in float64."""'
    yield f"    return {exact}({outputs}, {wanted}).item()"


def loop(plan: Plan) -> Iterator[str]:
    """Every epoch: train on the batches, measure, remember the best weights."""
    yield from _before(plan)
    yield f"for epoch in range(1, {plan.experiment.training.epochs} + 1):"
    for line in (*_batches(plan), *_measured(plan), *_end_of_epoch(plan)):
        yield f"    {line}" if line else ""
    yield ""
    yield "network.load_state_dict(best_weights)"


def _before(plan: Plan) -> Iterator[str]:
    training, stopping = plan.experiment.training, plan.experiment.training.early_stopping
    yield "# Training."
    yield "x_train, y_train = x[train], y[train]"
    if plan.experiment.dataset.shuffle or plan.experiment.augmentation:
        yield f"shuffler = torch.Generator().manual_seed({training.seed})"
    if not plan.experiment.dataset.shuffle:
        yield from _ordered(plan, "order = torch.arange(len(x_train))")
    yield 'best_epoch, best_loss, best_weights = 0, float("inf"), network.state_dict()'
    if stopping and stopping.min_delta:
        yield "improved, loss_to_beat = 0, best_loss"


def _ordered(plan: Plan, code: str) -> list[str]:
    """The order of the rows, without a last batch that BatchNorm can't learn from."""
    if plan.single_row:
        return told(f"{code}[:-1]", "BatchNorm can't learn from a batch of one row")
    return [code]


def _batches(plan: Plan) -> Iterator[str]:
    """One epoch's steps."""
    output = "output.flatten()" if plan.one_number else "output"
    clip = plan.experiment.training.clip_grad_norm
    schedule = plan.experiment.schedule
    yield "network.train()"
    for place, row in enumerate(plan.net.rows):
        if row.layer.buffers(row.enters) and dict(row.layer)["frozen"]:
            yield from told(f"network[{place}].eval()", "it is frozen: its statistics stay, too")
    if plan.experiment.dataset.shuffle:
        yield from _ordered(plan, "order = torch.randperm(len(x_train), generator=shuffler)")
    entering = yield from _entering(plan)
    yield f"    output = network({entering})"
    yield "    outputs.append(output.detach())"
    if not plan.moves:
        return
    yield f"    loss = loss_function({output}, y_train[rows])"
    if mixes(plan):
        yield f"    other_loss = loss_function({output}, y_train[other_rows])"
        yield "    loss = share * loss + (1 - share) * other_loss"
    yield "    optimizer.zero_grad()"
    yield from told("    loss.backward()", "the gradients")
    if clip is not None:
        yield f"    nn.utils.clip_grad_norm_(network.parameters(), {literal(clip)})"
    if schedule and plan.lr_factor != 1:
        others, loaded = (f'optimizer.param_groups[{group}]["lr"]' for group in (0, 1))
        code = f"    {loaded} = {literal(plan.lr_factor)} * {others}"
        yield from told(code, "whatever the schedule does, the share stays")
    yield from told("    optimizer.step()", "the weights move")
    if schedule and schedule.every == "batch":
        yield "    scheduler.step()"


def _entering(plan: Plan) -> Generator[str, None, str]:
    """The head of the loop over the batches, and what enters the network in it."""
    split = f".split({plan.batch_size})"
    if not plan.experiment.augmentation:
        yield from ["outputs = []", f"for rows in order{split}:"]
        return "x_train[rows]"
    yield from augmented(plan)
    yield "outputs = []"
    batches = f"order{split}, x_epoch{split}"
    if mixes(plan):
        yield "for rows, batch, other_rows, share in zip("
        yield f"    {batches}, other_order{split}, shares, strict=True"
        yield "):"
    else:
        yield f"for rows, batch in zip({batches}, strict=True):"
    return "batch"


def _measured(plan: Plan) -> Iterator[str]:
    yield ""
    yield "train_loss = mean_loss(torch.cat(outputs), y_train[order])"
    yield "validation_loss = mean_loss(predict(x[validation]), y[validation])"
    yield "print("
    yield '    f"epoch {epoch}: train loss {train_loss:.9g}, "'
    yield '    f"validation loss {validation_loss:.9g}"'
    yield ")"


def _end_of_epoch(plan: Plan) -> Iterator[str]:
    """The best weights so far, the schedule's step, and whether to go on."""
    schedule, stopping = plan.experiment.schedule, plan.experiment.training.early_stopping
    yield "if validation_loss < best_loss:"
    yield "    best_epoch, best_loss = epoch, validation_loss"
    yield "    best_weights = copy.deepcopy(network.state_dict())"
    if plan.moves and schedule and schedule.every == "epoch":
        plateau = type(schedule).__name__ == "ReduceLROnPlateau"
        yield f"scheduler.step({'validation_loss' if plateau else ''})"
    if not stopping:
        return
    since = "improved" if stopping.min_delta else "best_epoch"
    if stopping.min_delta:
        yield f"if validation_loss < loss_to_beat - {literal(stopping.min_delta)}:"
        yield "    improved, loss_to_beat = epoch, validation_loss"
    yield f"if epoch - {since} >= {stopping.patience}:"
    yield from told("    break", "early stopping: the validation loss no longer improves")
