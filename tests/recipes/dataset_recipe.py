"""The project with the files of tests/recipes in their places: what docs/contributing.md has one write."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.readers import MultiplexedPath
from pathlib import Path

import pytest

from lakehouse_contract import datasets, tables

REPOSITORY = Path(__file__).parents[2]
DATASET = Path(__file__).with_name("dataset")
COLUMN = Path(__file__).with_name("column")


@contextmanager
def followed_recipe() -> Iterator[None]:
    """For as long as the context lasts, `currencies` is a dataset of the project."""
    specification = importlib.util.spec_from_file_location("added_dataset", DATASET / "lakehouse_contract/datasets.py")
    added = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(added)
    declarations = DATASET / "lakehouse_contract/declarations"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "DECLARATIONS", MultiplexedPath(Path(str(tables.DECLARATIONS)), declarations))
        patch.setattr(datasets, "CURRENCIES", added.CURRENCIES, raising=False)
        patch.setattr(datasets, "DATASETS", (*datasets.DATASETS, added.CURRENCIES))
        yield


@contextmanager
def followed_column_recipe() -> Iterator[None]:
    """Within `followed_recipe`: as long as the context lasts, `currencies` has the column of tests/recipes/column."""
    folders = [root / "lakehouse_contract/declarations" for root in (COLUMN, DATASET)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "DECLARATIONS", MultiplexedPath(*folders))
        tables.declared_table.cache_clear()
        yield
    tables.declared_table.cache_clear()
