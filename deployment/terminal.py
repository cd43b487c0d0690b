"""Where a deployment is watched: change sets as tables, events as lines, questions."""

from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from deployment.errors import DeploymentError

WIDTH_WITHOUT_TERMINAL = 160


class ConsoleTerminal:
    """The user's terminal; with `is_agreeable` every question is answered by yes."""

    def __init__(self, *, is_agreeable: bool) -> None:
        self.is_agreeable = is_agreeable
        self.console = Console()
        if not self.console.is_terminal:
            self.console.width = WIDTH_WITHOUT_TERMINAL

    def line(self, text: str) -> None:
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def changes(self, stack: str, changes: list[dict[str, Any]]) -> None:
        table = Table("Action", "Resource", "Type", "Replaced", title=f"Changes of {stack}", title_justify="left")
        for change in changes:
            table.add_row(
                change["Action"],
                change["LogicalResourceId"],
                change["ResourceType"],
                change.get("Replacement", ""),
                style="red" if _destroys(change) else None,
            )
        self.console.print(table)

    def is_agreed(self, question: str) -> bool:
        if self.is_agreeable:
            return True
        try:
            return typer.confirm(question)
        except typer.Abort:
            raise DeploymentError("Nobody answered: run the command in a terminal, or with --yes.") from None


def _destroys(change: dict[str, Any]) -> bool:
    return change["Action"] == "Remove" or change.get("Replacement") in {"True", "Conditional"}
