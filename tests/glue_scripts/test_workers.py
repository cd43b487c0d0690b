"""What a Python worker of Spark's does between two tasks."""

import subprocess
import sys
import zipfile
from pathlib import Path

import lakehouse_glue

BETWEEN_TASKS = """
import importlib, sys
sys.path.insert(0, {archive!r})
import module_of_archive
{preparation}
opened = []
sys.addaudithook(lambda event, values: opened.append(str(values[0])) if event == "open" else None)
importlib.invalidate_caches()
import os.path, xml
print(opened.count({archive!r}), module_of_archive.NAME)
sys.path.insert(0, {other!r})
importlib.invalidate_caches()
import module_of_other
print(module_of_other.NAME)
"""
PREPARATION = "from lakehouse_glue.workers import prepare_worker; prepare_worker(); prepare_worker()"


def archive(folder: Path, name: str) -> str:
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w") as content:
        content.writestr(f"module_of_{name}.py", f"NAME = {name!r}")
    return str(path)


def test_a_prepared_worker_reads_no_archive_again_and_imports_from_one_that_comes_later(tmp_path):
    paths = {name: archive(tmp_path, name) for name in ("archive", "other")}
    script = BETWEEN_TASKS.format(**paths, preparation=PREPARATION)
    environment = {"PYTHONPATH": str(Path(lakehouse_glue.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (["0", "archive", "other"], "")
