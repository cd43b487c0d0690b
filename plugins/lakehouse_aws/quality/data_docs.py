"""The link from a task to the data quality report of its run."""

from typing import TYPE_CHECKING

from airflow.sdk import BaseOperatorLink
from typing_extensions import override

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


class DataDocsLink(BaseOperatorLink):
    """Opens the Data Docs page that the operator has as its `data_docs_url`."""

    name = "Data Docs"

    @override
    def get_link(self, operator: "BaseOperator", *, ti_key: "TaskInstanceKey") -> str:
        return operator.data_docs_url
