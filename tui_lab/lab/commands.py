"""The command palette: what every key of the screen and of the focused panel does, by its name."""

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.types import IgnoreReturnCallbackType


class Keys(Provider):
    """Finds a key by what it does, and does it."""

    def _commands(self) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        """Name, help and callback of each binding of our own that can be used now."""
        told = set()
        for node, binding, enabled, _ in self.screen.active_bindings.values():
            name = binding.tooltip or binding.description
            if enabled and binding.id and name and name not in told:
                told.add(name)
                key = f"key: {self.app.get_key_display(binding)} · {binding.id}"
                yield name, key, partial(self.app.run_action, binding.action, node)

    async def discover(self) -> Hits:
        """Everything, before a word is typed."""
        for name, key, do in sorted(self._commands(), key=lambda command: command[0]):
            yield DiscoveryHit(name, do, help=key)

    async def search(self, query: str) -> Hits:
        """What fits the typed words."""
        matcher = self.matcher(query)
        for name, key, do in self._commands():
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), do, help=key)
