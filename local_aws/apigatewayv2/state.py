"""How the local HTTP APIs are kept: each is a record, with all that belongs to it."""

from local_aws.apigatewayv2.stages import LOCK
from local_aws.state.declaration import Collection, ServiceState

STATE = ServiceState(collections=(Collection("apis"),), lock=LOCK)
