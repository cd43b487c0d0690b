"""The dashboard is a view of Airflow's UI where its address is set."""

import lakehouse_dashboard
import pytest
from airflow.api_fastapi.core_api.datamodels.plugins import ExternalViewResponse

pytestmark = pytest.mark.filterwarnings("ignore")


def test_airflow_takes_the_view_of_an_address():
    (view,) = lakehouse_dashboard.views({"LAKEHOUSE_DASHBOARD_URL": "http://127.0.0.1:4566/site"})
    read = ExternalViewResponse.model_validate(view)
    assert (read.href, read.destination, read.url_route) == ("http://127.0.0.1:4566/site/", "nav", "lakehouse")


@pytest.mark.parametrize("environment", [{}, {"LAKEHOUSE_DASHBOARD_URL": ""}])
def test_without_an_address_there_is_no_view(environment):
    assert lakehouse_dashboard.views(environment) == []
