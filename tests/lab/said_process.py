"""A process that answers what a test says, in the place of the one with PyTorch in it."""

import queue


class Process:
    """Answers what a test says, and remembers what it was asked."""

    def __init__(self, *command) -> None:
        self.said: queue.Queue = queue.Queue()
        self.asked: list[dict] = []
        self.closed = False
        Process.last = self

    def ask(self, **request) -> None:
        self.asked.append(request)

    def replies(self):
        return iter(self.said.get, None)

    def last_words(self) -> str:
        return "killed \x1b[2J"

    def close(self) -> None:
        self.closed = True
        self.said.put(None)
