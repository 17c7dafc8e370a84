"""Help texts: one for all keys, and one for each panel; at most 70 characters a line."""

HELP = {
    "main": """\
Keys everywhere
1 … 5      go to data, network, hyperparameters, curves, results
6          the experiment as PyTorch code; again: back
Tab        the next panel; arrows or h j k l move within one
t          train                    space    pause, go on
n, N       paused: a batch, epoch   A        give the run the settings
R          go on with an ended run  F        fork it from a checkpoint
s          stop; again: kill        T        take over a run's network
b          another dataset          e        look at the data
B          look at a batch
o, w       open, save a preset      x        export the run
i          try it on a row          r        find, open, compare runs
S          sweep: try many settings
u, U       undo, redo               f        do what the advice says
Ctrl+P     every command by name    q        quit""",
    "data": """\
Data
The rows to learn from. Three splits: train to learn from, validation
to choose by, test to judge with, once. Scaling and missing values
follow the training rows only.
Enter      edit a setting           ← →      go through its choices
b          another dataset, or a table or pictures of your own
e          look at it, choose target and columns""",
    "network": """\
Network
From top to bottom: the shape that leaves each layer and its number of
parameters. Type several as in a preset: Linear 64, ReLU, Dropout 0.2.
❄ stays as it is while training, < begins with weights from elsewhere.
a          add below                Enter    edit
d          delete                   D        delete all
c          copy                     J, K     move down, up
z          freeze ❄                 T        take over a run's layers <""",
    "settings": """\
Hyperparameters
lr is how far a step goes: too small hardly learns, too large diverges.
momentum goes on in the last steps' direction. dropout is the p of the
Dropout layers: setting it adds them, 0 removes them. weight decay pulls
the weights towards zero. device auto measures and takes the fastest.
augmentation changes the training rows a little in every epoch: type
Shift 0.5, Rotate 15 for pictures, Noise 0.2 or Mixup 0.2 for any rows.
The train curve is that of the changed rows, as with dropout.
Enter      edit a setting           ← →      go through its choices
Text that is not right stays, marked with ✗, until it is mended.""",
    "curves": """\
Curves
The loss of every epoch on train (t) and validation (v), and of single
batches (dots). Where validation rises while train falls, the network
overfits.
g          logarithmic scale        m        smooth over the raw curve
← →        read values              z        only the last quarter
v          loss, or accuracy/RMSE   p        plain points for any font""",
    "code": """\
Code
This experiment as one PyTorch file that follows every change: the lines
that the last one made are marked with ▌. Press 3, change a setting, and
look. After a training, x writes it as a script.
arrows, h j k l  scroll             6, Esc   back""",
    "results": """\
Results
All numbers are those of the weights of the best epoch: the one with
the lowest validation loss. Report the test column. The baseline needs
no network: always the largest class, or always the mean.
x          export weights, network or curves
i          try the network on a row, and see what each layer makes of it""",
    "data_screen": """\
The data
→ is the target, ✓ enters, ✗ does not; the lines below say why. shape:
how many rows lie in each part of the range, or hold each word. tells:
how much it alone tells of the target in the training rows, from 0 for
nothing to 1 for all; ⚠: the target may have been copied into it, or it
was made from it.
Enter      use the data as it is     Esc      back without
t          predict this column       space    take it in or out
c          task: what the target holds decides, classes, or a number
m          gaps: median, mean, most frequent, or drop those rows
s          split: shares, by a column, or from files
v          columns, first rows, pictures
/          find a column             Tab      to the notes, to scroll
The baseline needs no network: learn more than that.""",
    "runs": """\
Runs
Everything that was trained, the newest first. The test result is that
of the best epoch's weights.
Enter      open it: its curves, its tables and its settings
space      mark up to eight          c        compare the marked ones
/          filter while you type     s        sort by a column or metric
R          turn the order round      n t N    name, tags, note
d          move it to the trash      u        bring it back
Esc        back""",
    "batch": """\
The batch
What enters the network, row by row: x is scaled and, if the experiment
says so, augmented; y is the target as the loss sees it. A DataLoader
cuts the training rows into such batches; each gives one step.
n, N       next, previous batch     e, E     next, previous epoch
+, -       twice, half as large     b        type a batch size
s          shuffle, or not          a, Enter train with these batches
Esc        back; the experiment stays as it was
Smaller batches make more and noisier steps in an epoch. Without
shuffle each epoch has the same rows in each batch; augmentation is
drawn anew all the same.""",
    "sweep": """\
Sweep
The same training with many settings, ranked by the validation rows. The
curve of the highlighted trial is bold and ends with its last epoch; the
number in its row is that of its best epoch. On the map bright is good,
by rank; between trials it shows the nearest. The number behind a
setting is its rank correlation with how good a trial is: +1 if more is
always better, -1 if less is; near 0 neither, but then it may be best
somewhere between, which is told. Luck alone brings up to "by chance".
N          start another sweep      o        open another sweep
s          stop all                 d        stop the highlighted trial
R          go on                    m        more trials
p          train this trial as a run: only that looks at the test rows
e          repeat the best two over 5 new seeds
D          move it to the trash     u        bring it back
x          other settings on the map         g  logarithmic scale
Esc        back; the sweep goes on
The best of many is better by luck, too, so repeat it before you trust
it: the deviation says how much chance alone does.""",
    "sweep_form": """\
What to sweep
Each line is a setting with the range that its values come from, named
as for --set: lr, optimizer.momentum, layers.1.out_features; dropout
stands for every Dropout layer.
uniform 0.8 0.99          any number between two
loguniform 1e-4 1e-2      each power of ten as likely: for rates
integers 8 64             whole numbers
choice ReLU Tanh          one of a few
grid 0.01 0.1             each of a few: method: grid, trials: all
method     random, grid, or tpe, which looks where trials were good
seeds      trainings a trial; their mean counts, ± is their deviation
metric     loss, accuracy or rmse on the validation rows
halving    2 stops the worse half after 2, 4, 8 … epochs; it compares
           with the blocks of 8 trials before: take 32 or more
Enter      edit the line             a        add a line
d          delete the line           t        start
o          open an earlier sweep     Esc      back without a sweep""",
    "compare": """\
Compare
The curves of the runs, each with its letter and colour. The table shows
only the settings that differ, and below them what came of it.
v          loss, or accuracy/RMSE    t        train, or validation
g          logarithmic scale         m        smooth the curves
z          only the last quarter     p        plain points for any font
← →        read values               Tab      curves, table (arrows scroll)
The verdict trusts a difference in accuracy that is twice its standard
error, which is rough: another seed may say something else.
Esc        back""",
}
