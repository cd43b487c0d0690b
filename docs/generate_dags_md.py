"""Writes docs/dags.md from the DAG files' docstrings, without importing them."""

import ast
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
DAGS_MD = REPOSITORY / "docs" / "dags.md"
INTRODUCTION = """\
# The DAGs

Generated from the docstrings in `dags/` by `make docs`; a test fails when it differs.
"""


def dags_md() -> str:
    sections = [section(path) for path in sorted((REPOSITORY / "dags").glob("*.py"))]
    return "\n".join([INTRODUCTION, *sections])


def section(path: Path) -> str:
    """A DAG file's docstring, its headings one level deeper, under the file's name."""
    story = ast.get_docstring(ast.parse(path.read_text())) or ""
    deeper = "\n".join(f"#{line}" if line.startswith("#") else line for line in story.splitlines())
    title, _, text = deeper.partition("\n")
    return f"{title}\n\nDAG `{path.stem}`, in [dags/{path.name}](../dags/{path.name}).\n{text}\n"


if __name__ == "__main__":
    DAGS_MD.write_text(dags_md())
