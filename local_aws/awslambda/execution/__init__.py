"""Where functions run: worker processes, which take one event at a time and are used again."""

from local_aws.awslambda.execution.invocations import Execution, execute
from local_aws.awslambda.execution.pool import retire
from local_aws.awslambda.execution.worker import clear_work_directories

__all__ = ["Execution", "clear_work_directories", "execute", "retire"]
