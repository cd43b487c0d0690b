"""What an HTTP API consists of. The fields have the names of the API's own documents, in snake_case."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, TypeVar

from local_aws.apigatewayv2.exceptions import NotFoundException
from local_aws.apigatewayv2.route_keys import RouteKey

DEFAULT_STAGE = "$default"
INTEGRATION_TIMEOUT_MILLIS = 30_000

Part = TypeVar("Part")


def utc_now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def apply_settings(resource: Any, given: Mapping[str, Any]) -> None:
    """Take over the settings that a resource has; None is not given."""
    names = {field.name for field in fields(resource)}
    for name, value in given.items():
        if name in names and value is not None:
            setattr(resource, name, value)


def part_of(parts: Mapping[str, Part], name: str, kind: str) -> Part:
    """Raises NotFoundException."""
    if name not in parts:
        raise NotFoundException(f"Unable to find {kind} by ID {name}")
    return parts[name]


@dataclass
class Integration:
    """A Lambda proxy."""

    integration_id: str
    integration_uri: str
    payload_format_version: str
    integration_type: str = "AWS_PROXY"
    integration_method: str = "POST"
    connection_type: str = "INTERNET"
    timeout_in_millis: int = INTEGRATION_TIMEOUT_MILLIS
    description: str | None = None


@dataclass
class Route:
    """`target` is `integrations/<id>`; a route without one answers that something is wrong."""

    route_id: str
    route_key: str
    target: str | None = None
    operation_name: str | None = None
    authorization_type: str = "NONE"
    api_key_required: bool = False


@dataclass(frozen=True)
class DeployedRoute:
    """A route and its integration as they were when they were deployed."""

    key: RouteKey
    function_uri: str | None
    payload_format_version: str = "2.0"
    timeout_seconds: float = INTEGRATION_TIMEOUT_MILLIS / 1000


@dataclass
class Deployment:
    """What a stage serves: `routes` in the order in which a request asks them, `cors` of the API at that moment."""

    deployment_id: str
    routes: tuple[DeployedRoute, ...]
    cors: dict[str, Any] | None
    description: str | None = None
    auto_deployed: bool = False
    deployment_status: str = "DEPLOYED"
    created_date: datetime = field(default_factory=utc_now)


@dataclass
class Stage:
    """`route_settings` are by route key, and come before `default_route_settings`."""

    stage_name: str
    auto_deploy: bool = False
    deployment_id: str | None = None
    description: str | None = None
    default_route_settings: dict[str, Any] = field(default_factory=dict)
    route_settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    stage_variables: dict[str, str] = field(default_factory=dict)
    access_log_settings: dict[str, str] | None = None
    last_deployment_status_message: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    created_date: datetime = field(default_factory=utc_now)
    last_updated_date: datetime = field(default_factory=utc_now)

    def setting(self, route_key: str, name: str) -> Any:
        """The route's own setting, else the stage's; None without either."""
        own = self.route_settings.get(route_key, {}).get(name)
        return self.default_route_settings.get(name) if own is None else own


@dataclass
class Api:
    """An HTTP API with its routes, integrations, deployments and stages."""

    api_id: str
    name: str
    account_id: str
    region_name: str
    protocol_type: str = "HTTP"
    description: str | None = None
    version: str | None = None
    cors_configuration: dict[str, Any] | None = None
    disable_execute_api_endpoint: bool = False
    route_selection_expression: str = "$request.method $request.path"
    api_key_selection_expression: str = "$request.header.x-api-key"
    ip_address_type: str = "ipv4"
    tags: dict[str, str] = field(default_factory=dict)
    created_date: datetime = field(default_factory=utc_now)
    routes: dict[str, Route] = field(default_factory=dict)
    integrations: dict[str, Integration] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    stages: dict[str, Stage] = field(default_factory=dict)

    @property
    def api_endpoint(self) -> str:
        from local_aws.apigatewayv2.public import PUBLIC_ADDRESS

        return PUBLIC_ADDRESS.url(self.api_id)

    @property
    def domain_name(self) -> str:
        """The host that the API has on AWS."""
        return f"{self.api_id}.execute-api.{self.region_name}.amazonaws.com"

    @property
    def execute_arn(self) -> str:
        return f"arn:aws:execute-api:{self.region_name}:{self.account_id}:{self.api_id}"

    def deployed_routes(self) -> tuple[DeployedRoute, ...]:
        """The routes of this moment."""
        deployed = [self._deployed(route) for route in self.routes.values()]
        return tuple(sorted(deployed, key=lambda route: route.key.rank))

    def _deployed(self, route: Route) -> DeployedRoute:
        key = RouteKey.parse(route.route_key)
        integration = self.integrations.get((route.target or "").removeprefix("integrations/"))
        if integration is None:
            return DeployedRoute(key, None)
        return DeployedRoute(
            key,
            integration.integration_uri,
            integration.payload_format_version,
            integration.timeout_in_millis / 1000,
        )
