"""PyIceberg's catalogs over the endpoint: Glue's API and Glue's Iceberg REST API."""

from pyiceberg.catalog import Catalog
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.catalog.rest import RestCatalog

REGION = "us-east-1"


def s3_properties(url: str) -> dict[str, str]:
    return {
        "s3.endpoint": url,
        "s3.access-key-id": "local",
        "s3.secret-access-key": "local",
        "s3.region": REGION,
        "s3.force-virtual-addressing": "false",
    }


def glue_catalog(url: str) -> Catalog:
    keys = {"glue.access-key-id": "local", "glue.secret-access-key": "local", "glue.region": REGION}
    return GlueCatalog("glue", **{"glue.endpoint": url}, **keys, **s3_properties(url))


def rest_catalog(url: str, path: str = "iceberg") -> Catalog:
    signing = {"rest.sigv4-enabled": "true", "rest.signing-name": "glue", "rest.signing-region": REGION}
    keys = {"client.access-key-id": "local", "client.secret-access-key": "local"}
    return RestCatalog("rest", uri=f"{url}/{path}", warehouse="123456789012", **signing, **keys, **s3_properties(url))
