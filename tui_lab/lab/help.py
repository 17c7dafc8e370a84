"""Help texts, one a panel."""

HELP = {
    "main": """Keys everywhere
1 2 3 4 5   go to data, network, hyperparameters, curves, results (tab: the next)
t           train                    space  pause, go on
s           stop and keep the results; again: kill
b           another dataset          o / w  open, save a preset
u / U       undo, redo               f      do what the advice line offers
ctrl+p      every command            q      quit""",
    "data": """Data
The rows to learn from. Three splits: train to learn, validation to choose, test to judge.
Enter edits a setting, left and right go through choices, b takes another dataset or a CSV file.
seed decides which row goes into which split.""",
    "network": """Network
The layers, from top to bottom; each row shows the shape that leaves it and its parameters.
a  add below       Enter  edit        d  delete     c  copy
J K  move down, up     z  freeze: its parameters don't train
A layer is typed as in a preset: Linear 64, Dropout 0.2, Conv2d 8 kernel_size=3.""",
    "settings": """Hyperparameters
Enter edits, left and right go through choices. lr is how far a step goes: too small hardly learns,
too large diverges. momentum carries on over small bumps. dropout is the p of the Dropout layers.
weight decay pulls weights towards zero. device auto measures and takes the fastest.""",
    "curves": """Curves
Loss by epoch: train and validation. Where validation rises while train falls, the network
overfits. g: log scale, m: smoothing, left and right: read values, z: only the last part.""",
    "results": """Results
The table of the weights of the best epoch (lowest validation loss). The test column is the one
to report. The baseline needs no network: always the largest class, or the mean. x exports.""",
}
