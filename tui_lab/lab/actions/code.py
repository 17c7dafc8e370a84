"""The code in place of the curves and the results, and back."""

from typing import TYPE_CHECKING

from tui_lab.lab.panels.code import CodePanel

if TYPE_CHECKING:
    from tui_lab.lab.screens.main import Main


async def switch_code(main: "Main") -> None:
    """Shows the code on the right side and gives it the focus, or takes it away again."""
    if main.code is not None:
        leave_code(main, main.code)
        return
    main.code = CodePanel(came_from=main.focused)
    main.view.display = False
    await main.mount(main.code, after=main.view)
    main.code.show(main.experiment, main.facts, main.data_error)
    main.code.focus()


def leave_code(main: "Main", code: CodePanel) -> None:
    """Gives the room, and the focus if the code has it, back to what had them before."""
    main.code, main.view.display = None, True
    if code.has_focus and code.came_from:
        code.came_from.focus()
    code.remove()
