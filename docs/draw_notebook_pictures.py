"""Runs notebooks/regional_sales.ipynb on the running stack, and keeps its pictures in docs/pictures/.

A picture is named by the cell that shows it. Plotly draws it in a browser, so Chrome or Chromium has to be there.
"""

import json
import os
from pathlib import Path

import nbformat
import plotly.io as pio
from nbclient import NotebookClient

from stack.settings import REGION, REPOSITORY, StackSettings

NOTEBOOK = REPOSITORY / "notebooks" / "regional_sales.ipynb"
PICTURES = Path(__file__).parent / "pictures"
PLOTLY = "application/vnd.plotly.v1+json"
WIDTH, HEIGHT = 900, 420


def draw() -> list[Path]:
    """Returns the pictures' files; raises nbclient's CellExecutionError where a check of the notebook fails."""
    os.environ |= {
        "AWS_ENDPOINT_URL": StackSettings.from_environment().aws_url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }
    notebook = NotebookClient(nbformat.read(NOTEBOOK, as_version=4), kernel_name="python3").execute()
    PICTURES.mkdir(exist_ok=True)
    drawn = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if picture := output.get("data", {}).get(PLOTLY):
                drawn.append(PICTURES / f"{cell['id']}.svg")
                pio.from_json(json.dumps(picture)).write_image(drawn[-1], width=WIDTH, height=HEIGHT)
    return drawn


if __name__ == "__main__":
    draw()
