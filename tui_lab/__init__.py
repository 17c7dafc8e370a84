"""A terminal lab for learning and trying out neural networks with PyTorch."""

__version__ = "0.1.0"
