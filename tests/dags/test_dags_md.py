"""docs/dags.md says what the DAG files say."""

from docs.generate_dags_md import DAGS_MD, dags_md


def test_the_page_is_what_make_docs_writes():
    assert DAGS_MD.read_text() == dags_md(), "run `make docs`"


def test_the_page_has_every_dag(dag_bag):
    page = dags_md()
    assert all(f"DAG `{dag_id}`" in page for dag_id in dag_bag.dags)
