"""The local Glue's backend: moto's catalog, real crawlers, real jobs, real evaluations of data quality."""

from typing import Any, NoReturn

from local_aws.glue.catalog import CatalogBackend
from local_aws.glue.crawlers.backend import CrawlerBackend
from local_aws.glue.data_quality.backend import DataQualityBackend
from local_aws.glue.exceptions import OperationNotSupportedError
from local_aws.glue.jobs.backend import JobBackend


class LocalGlueBackend(JobBackend, CrawlerBackend, DataQualityBackend, CatalogBackend):
    """Everything that moto accepts but nothing would execute is refused by name."""

    def resume_after_restart(self) -> None:
        """Mark what the last endpoint process left running as failed."""
        self.fail_interrupted_runs()
        self.fail_interrupted_crawls()
        self.fail_interrupted_evaluation_runs()

    def create_session(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise OperationNotSupportedError("interactive sessions (CreateSession)")

    def create_dev_endpoint(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise OperationNotSupportedError("development endpoints (CreateDevEndpoint)")

    def create_ml_transform(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise OperationNotSupportedError("machine learning transforms (CreateMLTransform)")

    def create_trigger(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise OperationNotSupportedError("triggers (CreateTrigger)")

    def create_workflow(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise OperationNotSupportedError("workflows (CreateWorkflow)")
