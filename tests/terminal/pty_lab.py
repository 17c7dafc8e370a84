"""The real program in a real pseudo terminal: keys in, bytes and a screen out."""

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from terminal.screen import Screen

PROGRAM = str(Path(sys.executable).with_name("tui-lab"))
SECONDS = 60.0
"""How long a condition may take on a busy machine; tests end as soon as it holds."""


class PtyLab:
    """A program whose controlling terminal is ours: closing ours hangs up, as a window does."""

    def __init__(
        self,
        command: list[str],
        env: dict[str, str] | None = None,
        size: tuple[int, int] = (80, 24),
        **streams: int,
    ) -> None:
        self.master, self.terminal = pty.openpty()
        self._handles = [self.master, self.terminal]
        self.screen, self.received = Screen(*size), bytearray()
        self._set_size(*size)
        self.settings = termios.tcgetattr(self.terminal)
        self.process = subprocess.Popen(
            command,
            env=os.environ | {"TERM": "xterm-256color"} if env is None else env,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(self.terminal, termios.TIOCSCTTY, 0),
            **{"stdin": self.terminal, "stdout": self.terminal, "stderr": self.terminal, **streams},
        )
        self._reading = True
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while self._reading:
            if select.select([self.master], [], [], 0.01)[0]:
                data = os.read(self.master, 65536)
                self.received += data
                self.screen.feed(data)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns: int, rows: int) -> None:
        """A new size for the terminal; the program gets its SIGWINCH."""
        self.screen.resize(columns, rows)
        self._set_size(columns, rows)

    def press(self, keys: str) -> None:
        """Keys as a terminal sends them."""
        os.write(self.master, keys.encode())

    def wait(self, condition: Callable[[], object], seconds: float = SECONDS) -> None:
        """Until the condition holds; fails with what the screen shows, at once if all is over."""
        waited(lambda: condition() or self.process.poll() is not None, seconds)
        if not condition():
            raise AssertionError(f"waited in vain; the screen:\n{self.screen.text}")

    def wait_for(self, *words: str) -> None:
        """Until all the words are on the screen."""
        self.wait(lambda: all(word in self.screen.text for word in words))

    def wait_for_change(self, keys: str) -> None:
        """Presses the keys and waits until something else is on the screen."""
        before = self.screen.text
        self.press(keys)
        self.wait(lambda: self.screen.text != before)

    def exit_code(self, seconds: float = SECONDS) -> int:
        """Waits for the end; what was still on its way is read."""
        code = self.process.wait(seconds)
        self.stop_reading()
        while select.select([self.master], [], [], 0)[0]:
            self.received += os.read(self.master, 65536)
        return code

    def stop_reading(self) -> None:
        """A line that takes nothing any more, as when a connection drops."""
        self._reading = False
        self._reader.join()

    def hang_up(self) -> None:
        """Closes the terminal's window."""
        self.stop_reading()
        while self._handles:
            with contextlib.suppress(OSError):
                os.close(self._handles.pop())

    def close(self) -> None:
        """Ends everything."""
        self.process.kill()
        self.process.wait()
        self.hang_up()


def waited(condition: Callable[[], object], seconds: float = SECONDS) -> bool:
    """Whether the condition came to hold within the time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def trainers(home: Path) -> list[psutil.Process]:
    """The trainer processes, warm or training, whose runs live in `home`."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            is_trainer = "tui_lab.training" in process.cmdline()
            if is_trainer and process.environ().get("TUI_LAB_HOME") == str(home):
                found.append(process)
    return [process for process in found if process.status() != psutil.STATUS_ZOMBIE]
