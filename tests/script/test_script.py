"""The text of a script: nothing from a file can be more in it than a literal or a comment."""

import ast
import io
import re
import subprocess
import sys
import tokenize
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.experiment.advice import completed
from tui_lab.experiment.dataset import Csv, Facts
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.presets import load_preset, shipped_presets
from tui_lab.experiment.weights import Weights
from tui_lab.script.augmentation import EFFECTS
from tui_lab.script.plan import Marks, Source, Words, plan
from tui_lab.script.script import script
from tui_lab.script.words import enclosed, literal

SIZES = (70, 15, 15)
FACTS = Facts(
    name="own.csv", task="classification", rows=100, columns=("a", "b"), classes=("x", "y"),
    target="y",
)  # fmt: skip


def text_of(experiment: Experiment, source: Source | None = None, facts: Facts = FACTS) -> str:
    return script(plan(experiment, facts, source or Source(SIZES)))


def of_preset(name: str, *changes: str) -> str:
    experiment = load_preset(name, changes)
    return text_of(experiment, facts=experiment.dataset.facts())


class Tame(ast.NodeTransformer):
    """Makes all literals equal."""

    def visit_Constant(self, node):
        return ast.Constant(type(node.value).__name__)


def shape(text: str) -> str:
    """What a script does, whatever its literals say."""
    return ast.dump(Tame().visit(ast.parse(text)))


hostile = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80),
    st.sampled_from(
        ['"); import os #', "'); import os #", '"""', "\\", '\\"', "\n__import__('os')", "\r\nx=1",
         "{0}", "coding: utf-7", "\x00", "\x1b[2J", "\u2028import os", "a'b\"c", "\N{RLO}x"]
    ),
)  # fmt: skip


@given(names=st.lists(hostile, min_size=7, max_size=7, unique=True))
def test_no_text_of_a_file_becomes_code(names):
    title, path, target, gone, words, first, second = names

    def of(title, path, target, gone, words, classes):
        experiment = Experiment(title=title[:200], dataset=Csv(csv=path, target=target))
        source = Source(
            SIZES, file=path, reading={"na_values": [words]}, left_out=(gone,), texts=(words,),
            classes=classes, dropped="without target", marks=Marks(gone, (words,), (target,)),
            words={words: Words((target, gone), True), gone: Words((words,), False)},
        )  # fmt: skip
        return text_of(experiment, source, replace(FACTS, target=target, classes=classes))

    tame = of("title", "path", "target", "gone", "words", ("one", "two"))
    wild = of(title, f"/{path}", target, gone, words, (first, second))
    assert shape(wild) == shape(tame)
    literals = {node.value for node in ast.walk(ast.parse(wild)) if isinstance(node, ast.Constant)}
    assert {f"/{path}", target, gone, words, first, second} <= literals


@given(text=hostile)
def test_a_title_stays_within_its_comment(text):
    experiment = Experiment(title=text, dataset=Csv(csv="/t.csv", target="y"))
    lines = text_of(experiment, Source(SIZES, file="/t.csv")).splitlines()
    head = lines[: lines.index("import copy")]
    assert all(line.startswith("#") or not line for line in head)
    assert all(line.isprintable() for line in lines)


@given(text=hostile)
def test_a_title_never_says_how_the_file_is_encoded(text):
    experiment = Experiment(title=f"-*- coding: {text}"[:200], dataset=Csv(csv="/t", target="y"))
    content = text_of(experiment, Source(SIZES, file="/t")).encode()
    assert tokenize.detect_encoding(io.BytesIO(content).readline)[0] == "utf-8"


@given(value=st.one_of(hostile, st.lists(hostile), st.floats(allow_nan=False, allow_infinity=False),
                       st.integers(), st.booleans(), st.none(), st.tuples(hostile)))  # fmt: skip
def test_a_literal_is_the_value(value):
    assert ast.literal_eval(literal(value)) == value
    assert literal(value).isprintable()


@given(st.lists(st.text("abc", min_size=1, max_size=60), max_size=20))
def test_items_in_brackets_stay_the_same_items_on_lines_that_are_not_too_long(items):
    lines = enclosed("names = [", [literal(item) for item in items], "]")
    assert max(map(len, lines)) <= 88
    assert ast.literal_eval("\n".join(lines).removeprefix("names = ")) == items


AUGMENTED = "augmentation=[Shift, Rotate, Zoom, Flip, Erase, Noise, Mixup]"


@pytest.fixture(scope="module")
def presets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scripts")
    for name in shipped_presets():
        (folder / f"{name}.py").write_text(of_preset(name))
    (folder / "augmented.py").write_text(of_preset("digits", AUGMENTED))
    return folder


@pytest.mark.parametrize("check", [["check", "--select=E,W,F,I,B,UP,SIM"], ["format", "--check"]])
def test_the_scripts_of_all_presets_are_as_people_write_them(presets, check):
    command = [sys.executable, "-m", "ruff", *check, "--isolated", str(presets)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", shipped_presets())
def test_the_script_of_a_preset_is_short(name):
    functions = 45 if "augmentation" in shipped_presets()[name].read_text() else 0
    assert 60 < of_preset(name).count("\n") < 135 + functions


OPTIONAL = {
    "OrderedDict": {"layers=[{Linear: {out_features: 10, name: last}}]"},
    "initialised": {"layers=[{Linear: {out_features: 10, initialisation: zeros}}]"},
    "requires_grad_": {"layers=[{Linear: 8}, {Linear: {out_features: 10, frozen: true}}]"},
    "scheduler": {"schedule=StepLR"},
    "clip_grad_norm_": {"training.clip_grad_norm=1.5"},
    "break": {"training.early_stopping={patience: 3}"},
    "loss_to_beat": {"training.early_stopping={patience: 3, min_delta: 0.01}"},
    "arange": {"dataset.shuffle=false"},
    "background": {"augmentation=[Rotate]"},
    "share * loss": {"augmentation=[Mixup]"},
    "deepcopy(loss_function)": {"loss={CrossEntropyLoss: {weight: [1,1,1,1,1,1,1,1,1,2]}}"},
    ".split(559)": {"layers=[{Linear: 30000}, {Linear: 10}]"},
}


@pytest.mark.parametrize("word", OPTIONAL)
def test_a_script_holds_only_what_its_experiment_needs(word):
    sizes = Source((1258, 270, 269))
    without, experiment = of_preset("digits"), load_preset("digits", tuple(OPTIONAL[word]))
    assert word not in without
    assert word in text_of(experiment, sizes, experiment.dataset.facts())


LOADS = """
# The weights of network[0] come from /w.pt, the others are random.
weights = torch.load(Path(__file__).with_suffix(".weights.pt"), weights_only=True)
network.load_state_dict(weights, strict=False)
"""
SHARES = """
# The weights that were loaded learn with 0.1 times the others' rate.
loaded = [p for name, p in network.named_parameters() if name in weights]
others = [p for name, p in network.named_parameters() if name not in weights]
optimizer = torch.optim.Adam(
    [{"params": others}, {"params": loaded, "lr": 0.1 * 0.2}], lr=0.2, fused=True
)
"""
ADAM = "optimizer={Adam: 0.2}"


def test_weights_from_elsewhere_are_loaded_and_learn_with_their_share_of_the_rate():
    alike, slower = (
        of_preset("digits", f"weights={{from: /w.pt, layers: 2, lr_factor: {factor}}}", ADAM)
        for factor in (1, 0.1)
    )
    assert LOADS in alike
    assert LOADS in slower
    assert "from pathlib import Path" in alike
    assert SHARES in slower
    assert "network.parameters()" in alike


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ("null", "# All weights come from /w.pt, none are random."),
        ("[x]", "# None of these weights come from /w.pt."),
        ("9", "# None of these weights come from /w.pt."),
        ("['1']", "# None of these weights come from /w.pt."),
    ],
)
def test_which_weights_come_from_elsewhere_is_said(layers, says):
    lines = of_preset("digits", f"weights={{from: /w.pt, layers: {layers}}}").splitlines()
    assert says in lines
    assert ("network.load_state_dict(weights)" in lines) == says.startswith("# All")


def test_only_the_functions_that_are_called_are_there_and_need_no_torch_to_be_found():
    text = of_preset("digits", "augmentation=[Flip, {Zoom: 1.5}]")
    defined = re.findall(r"^def (\w+)", text, re.MULTILINE)
    assert [name for name in defined if name in effects()] == ["zoom", "evenly", "moved", "flip"]
    assert "x_epoch = flip(x_epoch, shuffler, p=0.5)\n    looks = zoom(" in text
    for line in ("x_epoch = x_train[order].reshape(-1, 1, 8, 8)", "x_epoch.flatten(1)"):
        assert line in text


def effects() -> set[str]:
    return set(re.findall(r"^def (\w+)", EFFECTS.read_text(), re.MULTILINE))


@given(text=hostile)
def test_where_weights_come_from_stays_within_its_comment(text):
    def of(name):
        weights = Weights.model_validate({"from": name})
        return text_of(Experiment(dataset=Csv(csv="/t.csv", target="y"), weights=weights))

    assert ast.dump(ast.parse(of(text))) == ast.dump(ast.parse(of("w")))
    assert all(line.isprintable() for line in of(text).splitlines())


def test_a_network_that_does_not_fit_says_where():
    experiment = load_preset("digits", ("layers=[{Linear: 8}, {Conv2d: 4}]",))
    text = text_of(experiment, facts=experiment.dataset.facts())
    assert re.search(r"\n    nn.Linear\(64, 8\),\n    # layer 2: Conv2d wants a picture", text)
    ast.parse(text)


def test_what_was_left_out_is_filled_in():
    experiment = Experiment(dataset=Csv(csv="/t.csv", target="y"))
    assert text_of(experiment) == text_of(completed(experiment, FACTS))
    assert "nn.CrossEntropyLoss()" in text_of(experiment)
