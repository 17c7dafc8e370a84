"""Experiments that together ask for everything that a script can hold."""

from tui_lab.experiment.optimizers import Schedule

NET = [{"Linear": 6}, "Tanh", {"Linear": 2}]
ONE = [{"Linear": 6}, "Tanh", {"Linear": 1}]
MOONS = {"name": "moons", "rows": 90, "batch_size": 16}
SINE = {"name": "sine", "rows": 90, "batch_size": 16}
DIGITS = {"name": "digits", "batch_size": 256}
STOPPING = {"epochs": 9, "early_stopping": {"patience": 2}}
EVERY_ROW_LAYER = [
    {"Linear": {"out_features": 12, "name": "first", "bias": False}},
    {"BatchNorm1d": {"eps": 1e-3}}, {"LeakyReLU": 0.2}, {"Linear": 9},
    {"LayerNorm": {"bias": False, "name": "norm"}}, {"ELU": 0.5},
    {"Dropout": 0.1}, {"Linear": 8}, {"GELU": {"approximate": "tanh"}}, {"Linear": 7}, "SiLU",
    {"Linear": 6}, "Sigmoid", {"BatchNorm1d": {"affine": False, "momentum": 0.3}}, {"Softmax": 1},
    {"Linear": {"out_features": 5, "frozen": True}}, "ReLU", {"Linear": 2},
]  # fmt: skip
EVERY_PICTURE_LAYER = [
    {"Conv2d": {"out_channels": 4, "padding": "same", "padding_mode": "reflect"}},
    {"BatchNorm2d": {"frozen": True}}, "ReLU", {"MaxPool2d": {"kernel_size": [2, 1], "stride": 1}},
    {"Conv2d": {"out_channels": 4, "kernel_size": [3, 2], "groups": 2, "stride": [2, 1]}}, "GELU",
    {"AvgPool2d": {"kernel_size": 2, "ceil_mode": True, "count_include_pad": False}},
    {"Flatten": {"end_dim": 2}}, "Flatten", {"Linear": 10},
]  # fmt: skip
NORM = [{"Linear": 4}, "BatchNorm1d", {"Linear": 2}]
DRAWN = ["xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", "uniform",
         "normal", "zeros"]  # fmt: skip
OWN = """a b,size,colour,same,"na""me",flag,kind
1.5,10,red,3,Anna,true,b
,20,green,3,Bert,false,a
2.5,30,,3,Cleo,true,b
3.5,?,red,3,Dora,false,
4.5,50,blue,3,Emil,true,c
"""
CASES = {
    "class weights": {"dataset": MOONS, "layers": NET, "loss": {"CrossEntropyLoss": {
        "weight": [1.0, 0.3], "label_smoothing": 0.1}}},
    "BCEWithLogitsLoss": {"dataset": MOONS, "layers": ONE, "loss": "BCEWithLogitsLoss"},
    "BCELoss": {"dataset": MOONS, "layers": [*ONE, "Sigmoid"], "loss": "BCELoss"},
    "L1Loss": {"dataset": SINE, "layers": ONE, "loss": "L1Loss"},
    "SmoothL1Loss": {"dataset": SINE, "layers": ONE, "loss": {"SmoothL1Loss": 0.3}},
    "SGD StepLR": {"dataset": MOONS, "layers": NET, "schedule": {"StepLR": {"step_size": 2}},
        "optimizer": {"SGD": {"lr": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01}}},
    "Adam CosineAnnealingLR": {"dataset": MOONS, "layers": NET, "schedule": "CosineAnnealingLR",
        "optimizer": {"Adam": {"lr": 0.01, "betas": [0.8, 0.99], "eps": 1e-6}}},
    "AdamW OneCycleLR": {"dataset": MOONS, "layers": NET, "optimizer": "AdamW",
        "schedule": {"OneCycleLR": {"max_lr": 0.1, "pct_start": 0.25}}},
    "RMSprop ReduceLROnPlateau": {"dataset": MOONS, "layers": NET,
        "optimizer": {"RMSprop": {"lr": 0.05, "momentum": 0.5, "alpha": 0.9}},
        "schedule": {"ReduceLROnPlateau": {"patience": 0, "factor": 0.5}}},
    "early stopping": {"dataset": MOONS, "layers": NET, "training": STOPPING,
        "optimizer": {"SGD": 0.0}},
    "min_delta": {"dataset": MOONS, "layers": NET, "optimizer": {"SGD": 0.01}, "training":
        STOPPING | {"early_stopping": {"patience": 2, "min_delta": 0.02}}},
    "clip_grad_norm": {"dataset": SINE, "layers": ONE, "training": {"clip_grad_norm": 0.1}},
    "no shuffling": {"dataset": MOONS | {"shuffle": False}, "layers": NET},
    "moved pictures": {"dataset": DIGITS | {"scale": False}, "layers": [{"Linear": 10}],
        "augmentation": [{"Shift": 0.5}, "Rotate", {"Zoom": 1.2}, "Flip", "Erase"]},
    "convolutions of moved pictures": {"dataset": DIGITS | {"shuffle": False},
        "layers": [{"Conv2d": 2}, "Flatten", {"Linear": 10}],
        "augmentation": ["Erase", "Zoom", "Mixup", "Rotate"]},
    "noise and mixup": {"dataset": MOONS, "layers": NET, "augmentation": ["Noise", "Mixup"],
        "loss": {"CrossEntropyLoss": {"weight": [1.0, 0.3]}}},
    "mixed probabilities": {"dataset": MOONS, "layers": [*ONE, "Sigmoid"], "loss": "BCELoss",
        "augmentation": [{"Mixup": 1.0}]},
    "mixed numbers, one row left for BatchNorm": {"dataset": SINE | {"batch_size": 31},
        "layers": [{"Linear": 4}, "BatchNorm1d", {"Linear": 1}], "augmentation": ["Mixup"]},
    "no scaling": {"dataset": MOONS | {"scale": False}, "layers": NET},
    "no scaling of numbers": {"dataset": SINE | {"scale": False}, "layers": ONE},
    "one row left for BatchNorm": {"dataset": MOONS | {"batch_size": 31}, "layers": NORM},
    "one row left, unshuffled": {"dataset": MOONS | {"batch_size": 31, "shuffle": False},
        "layers": NORM},
    "one batch": {"dataset": MOONS | {"batch_size": 5000}, "layers": NET},
    "all frozen": {"dataset": MOONS, "layers": [{"Linear": {"out_features": 2, "frozen": True}}],
        "schedule": "StepLR", "training": {"clip_grad_norm": 1.0, "epochs": 2}},
    "row layers": {"dataset": MOONS, "layers": EVERY_ROW_LAYER},
    "picture layers": {"dataset": DIGITS, "layers": EVERY_PICTURE_LAYER},
    "initialisations": {"dataset": DIGITS, "layers": [
        *({"Linear": {"out_features": 9, "initialisation": draw}} for draw in DRAWN[:-1]),
        {"Linear": {"out_features": 10, "initialisation": "zeros", "frozen": True}},
        {"Linear": {"out_features": 10, "initialisation": "xavier_normal"}}]},
    "suggested network": {"dataset": MOONS},
    "many at once": {"dataset": MOONS | {"rows": 900}, "layers": [{"Linear": 30000}, {"Linear": 2}],
        "training": {"epochs": 1}},
    "five arms": {"dataset": {"name": "spirals", "arms": 5, "rows": 200, "seed": 3}},
    "splits of one row": {"dataset": {"name": "sine", "rows": 10, "split": [0.8, 0.1, 0.1]}},
    "own classes": {"dataset": {"csv": "own.csv", "target": "kind", "seed": 4}},
    "own numbers": {"dataset": {"csv": "own.csv", "target": "a b", "split": [0.5, 0.3, 0.2]}},
    "own rows, drawn whatever their class": {"dataset": {"csv": "own.csv", "target": "colour",
        "stratify": False, "missing": "drop", "columns": ["a b", "flag", "size"]}},
    "loaded layer": {"dataset": MOONS, "layers": NET,
        "weights": {"from": "class weights", "layers": ["2"]}},
    "loaded layer that learns slowly": {"dataset": MOONS, "layers": NET,
        "optimizer": {"Adam": 0.01},
        "weights": {"from": "class weights", "layers": 1, "lr_factor": 0.1}},
    **{f"loaded layers under {schedule}": {"dataset": MOONS, "layers": NET, "schedule": schedule,
        "optimizer": {"SGD": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}},
        "weights": {"from": "class weights", "layers": 2, "lr_factor": 0.3}}
        for schedule in Schedule.kinds()},
    "all loaded": {"dataset": MOONS, "layers": NET, "training": {"clip_grad_norm": 0.5},
        "weights": {"from": "class weights", "lr_factor": 0.5}},
    "loaded BatchNorm": {"dataset": MOONS, "layers": NORM,
        "weights": {"from": "one row left for BatchNorm", "layers": 2, "lr_factor": 0.1}},
    "loaded and frozen BatchNorm": {"dataset": MOONS, "layers":
        [{"Linear": 4}, {"BatchNorm1d": {"frozen": True}}, {"Linear": 2}],
        "weights": {"from": "one row left for BatchNorm"}},
    "loaded named layers": {"dataset": MOONS, "layers": EVERY_ROW_LAYER,
        "weights": {"from": "row layers", "layers": ["first", "norm"]}},
    "own words": {"dataset": {"csv": "own.csv", "target": "colour"}, "layers":
        [{"Dropout": 0.2}, {"Linear": 3}]},
}  # fmt: skip
