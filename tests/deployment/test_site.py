"""The dashboard's site comes to its bucket with the addresses that it may ask; without Node everything else comes."""

import json

import pytest

from deployment.errors import DeploymentError
from deployment.site import build_site
from tests.deployment.deployed_account import CONTENT_SECURITY_POLICY


@pytest.fixture
def site_of(account):
    """`site_of()`: the bucket that the site was deployed to."""

    def bucket() -> str:
        (name,) = account.resources("dashboard")
        return name

    return bucket


def test_the_site_may_ask_its_apis_and_nobody_else(account, site_of):
    account.deploy()
    page = account.s3.get_object(Bucket=site_of(), Key="index.html")
    allowed = CONTENT_SECURITY_POLICY.replace("connect-src 'self'", "connect-src 'self' https://api.example")
    assert allowed in page["Body"].read().decode()
    config = json.loads(account.s3.get_object(Bucket=site_of(), Key="config.json")["Body"].read())
    assert config["dashboardApi"] == "https://api.example"
    assert config["tradesApi"] is None


def test_browsers_keep_what_has_a_hash_in_its_name_and_ask_for_the_rest(account, site_of):
    account.deploy()
    kept = {
        key: account.s3.head_object(Bucket=site_of(), Key=key)
        for key in ("index.html", "config.json", "assets/index-0a1b.js")
    }
    assert {key: answer["ContentType"].split(";")[0] for key, answer in kept.items()} == {
        "index.html": "text/html",
        "config.json": "application/json",
        "assets/index-0a1b.js": "text/javascript",
    }
    assert [answer["CacheControl"] for answer in kept.values()][:2] == ["no-cache", "no-cache"]
    assert "immutable" in kept["assets/index-0a1b.js"]["CacheControl"]


def test_without_node_everything_else_is_deployed(account):
    account.has_node = False
    account.deploy()
    assert "Node is missing." in account.terminal.lines
    assert account.status("monitoring") == "CREATE_COMPLETE"


@pytest.mark.parametrize("version", [None, "v18.19.0"])
def test_a_node_that_is_missing_or_old_is_told_in_one_sentence(tmp_path, monkeypatch, version):
    for name in ("node", "npm") if version else ():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin" if version else str(tmp_path))
    with pytest.raises(DeploymentError, match=r"Node 20\.19 or later is not on the PATH: install it"):
        build_site(tmp_path, tmp_path / "log")
