"""The text that a terminal would show: printing and moving the cursor, nothing else."""

import codecs
import re
import threading
import unicodedata

TOKEN = re.compile(
    r"\x1b\[([0-9;<=>?]*)[ $]?([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[^\[\]]|[\r\n]"
    r"|[^\x1b\r\n]+"
)
UNFINISHED = re.compile(r"\x1b(\[[0-9;<=>?]*[ $]?|\][^\x07\x1b]*\x1b?)?$")


class Screen:
    """A grid of characters without colours; wide characters take two cells.

    One thread may feed it while another gives it a new size.
    """

    def __init__(self, columns: int, rows: int) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._rest = ""
        self._lock = threading.RLock()
        self.x = self.y = 0
        self.resize(columns, rows)

    def resize(self, columns: int, rows: int) -> None:
        with self._lock:
            self.columns, self.rows = columns, rows
            self.grid = [[" "] * columns for _ in range(rows)]

    @property
    def text(self) -> str:
        return "\n".join("".join(row).rstrip() for row in self.grid)

    def feed(self, data: bytes) -> None:
        text = self._rest + self._decode(data)
        unfinished = UNFINISHED.search(text)
        self._rest = unfinished[0] if unfinished else ""
        with self._lock:
            for token in TOKEN.finditer(text[: len(text) - len(self._rest)]):
                self._act(token)

    def _act(self, token: re.Match[str]) -> None:
        arguments, command = token[1], token[2]
        if command == "H":
            row, _, column = arguments.partition(";")
            self.y, self.x = int(row or 1) - 1, int(column or 1) - 1
        elif token[0] == "\x1b[?1049h":
            self.resize(self.columns, self.rows)
        elif token[0] == "\n":
            self.y += 1
        elif token[0] == "\r":
            self.x = 0
        elif not token[0].startswith("\x1b"):
            self._print(token[0])

    def _print(self, text: str) -> None:
        for character in text:
            if self.y < self.rows and self.x < self.columns:
                self.grid[self.y][self.x] = character
            self.x += 2 if unicodedata.east_asian_width(character) in "WF" else 1
