"""What the state of moto's own services has that is not as the default says."""

from local_aws.state.declaration import EVERY_SERVICE, ServiceState

STATES = {
    "sns": ServiceState(reaches=("sqs",)),
    "resourcegroupstaggingapi": ServiceState(reaches=EVERY_SERVICE),
    # Without a state of a service of their own.
    "moto_api": ServiceState(is_kept=False),
    "instance_metadata": ServiceState(is_kept=False),
    "s3bucket_path": ServiceState(is_kept=False),
    "sts": ServiceState(is_kept=False),
}
