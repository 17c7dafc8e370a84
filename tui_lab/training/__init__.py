"""Where torch lives: the network, the loop, the evaluation, and the trainer process."""
