"""docs/dags.md says what the DAG files say."""

import importlib.util
from pathlib import Path

GENERATOR = Path(__file__).parents[2] / "docs" / "generate_dags_md.py"


def load_generator():
    specification = importlib.util.spec_from_file_location("generate_dags_md", GENERATOR)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_page_is_what_make_docs_writes():
    generator = load_generator()
    assert generator.DAGS_MD.read_text() == generator.dags_md(), "run `make docs`"


def test_the_page_has_every_dag(dag_bag):
    page = load_generator().dags_md()
    assert all(f"DAG `{dag_id}`" in page for dag_id in dag_bag.dags)
