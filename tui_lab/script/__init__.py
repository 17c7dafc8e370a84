"""From an Experiment to one plain PyTorch file that needs no tui-lab. No torch here."""
