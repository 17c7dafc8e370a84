"""The course's loop with its network through torch.compile."""

from benchmarks.peers import course
from benchmarks.tasks import Quality, Task


def train(task: Task, epochs: int) -> Quality:
    return course.train(task, epochs, compiled=True)
