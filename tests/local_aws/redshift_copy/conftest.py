"""A warehouse and a bucket for the tests of COPY and UNLOAD."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from botocore.client import BaseClient

from tests.local_aws.redshift_copy.copies import BUCKET
from tests.local_aws.redshift_warehouse import Warehouse, create_warehouse


@pytest.fixture(scope="session")
def warehouse(aws: Callable) -> Warehouse:
    warehouse = create_warehouse(aws, "copy")
    aws("s3").create_bucket(Bucket=BUCKET)
    return warehouse


@pytest.fixture
def s3(aws: Callable, warehouse: Warehouse) -> BaseClient:
    return aws("s3")


@pytest.fixture
def prefix() -> str:
    return f"{uuid4().hex}/"


@pytest.fixture
def make_table(warehouse: Warehouse) -> Callable[[str], str]:
    def make(columns: str) -> str:
        name = f"t_{uuid4().hex}"
        warehouse.run(f"CREATE TABLE {name} ({columns})")
        return name

    return make
