"""What the state of moto's own services has that is not as the default says."""

from local_aws.state.declaration import EVERY_SERVICE, ServiceState

STATES = {
    "resourcegroupstaggingapi": ServiceState(reaches=EVERY_SERVICE),
}
