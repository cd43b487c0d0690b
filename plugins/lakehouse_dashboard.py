"""Shows the dashboard as a view of Airflow's UI, where LAKEHOUSE_DASHBOARD_URL says where it is.

`external_views` are of Airflow 3.1 and later; one with a route opens inside the UI.
https://airflow.apache.org/docs/apache-airflow/3.2.1/administration-and-deployment/plugins.html
"""

import os
from collections.abc import Mapping
from typing import Any

from airflow.plugins_manager import AirflowPlugin


def views(environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """The dashboard's view; none without an address."""
    url = environment.get("LAKEHOUSE_DASHBOARD_URL", "").rstrip("/")
    if not url:
        return []
    return [
        {
            "name": "Lakehouse",
            "href": f"{url}/",
            "icon": f"{url}/icon.svg",
            "destination": "nav",
            "url_route": "lakehouse",
        }
    ]


class LakehouseDashboardPlugin(AirflowPlugin):
    """Registers the view."""

    name = "lakehouse_dashboard"
    external_views = views(os.environ)
