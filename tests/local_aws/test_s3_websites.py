"""Buckets as static websites, asked over plain HTTP as browsers do."""

import json
from collections.abc import Callable, Iterator
from urllib.parse import urljoin

import pytest
import requests
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tests.conftest import Endpoint
from tests.local_aws.refusals import error_code

BUCKET = "site-of-tests"
WEBSITE = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}}
NOTHING_BLOCKED = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False
)
OBJECTS = {
    "index.html": "<h1>home</h1>",
    "error.html": "<h1>lost</h1>",
    "docs/index.html": "<h1>docs</h1>",
    "assets/app.js": "export {}",
    "a b/ü.txt": "é",
    "private/plan.txt": "secret",
}


def statement(action: str, resource: str, **more: object) -> dict:
    return {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{resource}", **more}


def policy(bucket: str, *more: dict) -> str:
    allowed = [statement("s3:GetObject", f"{bucket}/*"), statement("s3:ListBucket", bucket), *more]
    return json.dumps({"Version": "2012-10-17", "Statement": allowed})


DENIED = statement("s3:*", f"{BUCKET}/private/*", Effect="Deny")


@pytest.fixture(scope="module")
def site(s3: BaseClient, aws_endpoint: Endpoint) -> str:
    """The address of a site that everybody may read, but for its folder `private`."""
    for key, text in OBJECTS.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=text.encode())
    s3.put_object(
        Bucket=BUCKET, Key="typed", Body=b"{}", ContentType="application/manifest+json", CacheControl="max-age=60"
    )
    s3.put_object(Bucket=BUCKET, Key="moved", Body=b"", WebsiteRedirectLocation="https://example.com/there")
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=NOTHING_BLOCKED)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(BUCKET, DENIED))
    s3.put_bucket_website(Bucket=BUCKET, WebsiteConfiguration=WEBSITE)
    return f"{aws_endpoint.url}/_aws/s3-website/{BUCKET}"


@pytest.fixture
def configured(s3: BaseClient, site: str) -> Iterator[Callable[[dict], None]]:
    """Gives the site another configuration for one test."""
    yield lambda configuration: s3.put_bucket_website(Bucket=BUCKET, WebsiteConfiguration=configuration)
    s3.put_bucket_website(Bucket=BUCKET, WebsiteConfiguration=WEBSITE)


def get(url: str, **headers: str) -> requests.Response:
    return requests.get(url, headers=headers, allow_redirects=False, timeout=10)


@pytest.mark.parametrize(
    ("path", "text", "content_type"),
    [
        ("/", "<h1>home</h1>", "text/html"),
        ("/docs/", "<h1>docs</h1>", "text/html"),
        ("/docs/index.html?v=1", "<h1>docs</h1>", "text/html"),
        ("/assets/app.js", "export {}", "text/javascript"),
        ("/a%20b/%C3%BC.txt", "é", "text/plain"),
        ("/typed", "{}", "application/manifest+json"),
    ],
)
def test_objects_and_index_documents_are_pages(site: str, path: str, text: str, content_type: str) -> None:
    answer = get(site + path)
    assert (answer.status_code, answer.content.decode(), answer.headers["Content-Type"]) == (200, text, content_type)


def test_a_site_is_found_by_its_host_too(site: str, aws_endpoint: Endpoint) -> None:
    for host in (f"{BUCKET}.s3-website-us-east-1.amazonaws.com", f"{BUCKET}.s3-website.eu-central-1.amazonaws.com"):
        assert get(f"{aws_endpoint.url}/docs/", Host=host).text == "<h1>docs</h1>"
        assert get(f"{aws_endpoint.url}/docs", Host=host).headers["Location"] == "/docs/"


@pytest.mark.parametrize(("path", "text"), [("", "<h1>home</h1>"), ("/docs", "<h1>docs</h1>")])
def test_a_folder_is_redirected_to_its_index(site: str, path: str, text: str) -> None:
    answer = get(site + path)
    assert answer.status_code == 302
    assert get(urljoin(answer.url, answer.headers["Location"])).text == text
    assert get(f"{site}/assets").status_code == 404


def test_an_object_may_send_its_readers_elsewhere(site: str) -> None:
    answer = get(f"{site}/moved")
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://example.com/there")


def test_browsers_keep_what_has_not_changed(s3: BaseClient, site: str) -> None:
    first = get(f"{site}/typed")
    assert first.headers["ETag"] == s3.head_object(Bucket=BUCKET, Key="typed")["ETag"]
    assert first.headers["Cache-Control"] == "max-age=60"
    again = get(f"{site}/typed", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert get(f"{site}/typed", **{"If-Modified-Since": first.headers["Last-Modified"]}).status_code == 304
    head = requests.head(f"{site}/index.html", timeout=10)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "13", b"")
    part = get(f"{site}/index.html", Range="bytes=4-7")
    assert (part.status_code, part.text, part.headers["Content-Range"]) == (206, "home", "bytes 4-7/13")


def test_what_is_missing_has_the_error_document_and_its_status(site: str) -> None:
    answer = get(f"{site}/nothing/here")
    assert (answer.status_code, answer.text, answer.headers["Content-Type"]) == (404, "<h1>lost</h1>", "text/html")
    assert answer.headers["x-amz-error-code"] == "NoSuchKey"


def test_only_what_the_policy_opens_is_read(site: str) -> None:
    answer = get(f"{site}/private/plan.txt")
    assert (answer.status_code, answer.text, answer.headers["x-amz-error-code"]) == (
        403,
        "<h1>lost</h1>",
        "AccessDenied",
    )


def test_a_site_tells_nobody_what_is_missing_without_the_right_to_list(s3: BaseClient, site: str) -> None:
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Statement": statement("s3:GetObject", f"{BUCKET}/*")}))
    assert get(f"{site}/nothing").status_code == 403
    assert get(f"{site}/private/plan.txt").text == "secret"
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(BUCKET, DENIED))


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"Bool": {"aws:SecureTransport": "false"}}, 200),
        ({"Bool": {"aws:SecureTransport": "true"}}, 403),
        ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "127.0.0.0/8"]}}, 200),
        ({"NotIpAddress": {"aws:SourceIp": "127.0.0.1"}}, 403),
        ({"StringLike": {"aws:Referer": "https://site.example/*"}}, 403),
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, 200),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, 403),
    ],
)
def test_conditions_of_the_policy_hold(s3: BaseClient, site: str, condition: dict, status: int) -> None:
    allowed = statement("s3:Get*", f"{BUCKET}/*", Condition=condition)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Statement": [allowed]}))
    assert get(f"{site}/index.html").status_code == status
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(BUCKET, DENIED))


def test_a_blocked_bucket_is_read_by_nobody_whatever_its_policy(s3: BaseClient, site: str) -> None:
    restricted = NOTHING_BLOCKED | {"RestrictPublicBuckets": True}
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=restricted)
    answer = get(site + "/")
    assert answer.status_code == 403
    assert "Code: AccessDenied" in answer.text
    assert "Retrieve a Custom Error Document" in answer.text
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=NOTHING_BLOCKED)


def test_a_new_bucket_takes_no_public_policy(s3: BaseClient) -> None:
    s3.create_bucket(Bucket="closed-by-default")
    public = policy("closed-by-default")
    assert error_code(s3.put_bucket_policy, Bucket="closed-by-default", Policy=public) == "AccessDenied"
    narrowed = statement(
        "s3:GetObject", "closed-by-default/*", Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}}
    )
    s3.put_bucket_policy(Bucket="closed-by-default", Policy=json.dumps({"Statement": [narrowed]}))
    s3.delete_public_access_block(Bucket="closed-by-default")
    s3.put_bucket_policy(Bucket="closed-by-default", Policy=public)
    s3.delete_bucket(Bucket="closed-by-default")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"Statement": [{"Action": "s3:*"}]}', '{"Statement": ["a"]}'])
def test_a_policy_that_is_none_is_refused(s3: BaseClient, text: str) -> None:
    assert error_code(s3.put_bucket_policy, Bucket=BUCKET, Policy=text) == "MalformedPolicy"


def test_a_site_without_an_error_document_has_a_page_of_s3(
    configured: Callable[[dict], None], site: str, aws_endpoint: Endpoint
) -> None:
    configured({"IndexDocument": {"Suffix": "index.html"}})
    answer = get(f"{site}/<nothing>")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "<li>Key: &lt;nothing&gt;</li>" in answer.text
    assert requests.post(site + "/", timeout=10).status_code == 405
    assert "NoSuchBucket" in get(f"{aws_endpoint.url}/_aws/s3-website/no-such-bucket/").text


def test_everything_may_be_redirected(configured: Callable[[dict], None], site: str) -> None:
    configured({"RedirectAllRequestsTo": {"HostName": "example.com", "Protocol": "https"}})
    answer = get(f"{site}/docs/a%20b")
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://example.com/docs/a%20b")


def test_routing_rules_redirect_by_prefix_and_by_error(configured: Callable[[dict], None], site: str) -> None:
    by_prefix = {"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "docs/"}}
    by_error = {
        "Condition": {"HttpErrorCodeReturnedEquals": "404"},
        "Redirect": {"HostName": "example.com", "ReplaceKeyWith": "lost", "HttpRedirectCode": "302"},
    }
    configured(WEBSITE | {"RoutingRules": [by_prefix, by_error]})
    moved = get(f"{site}/old/index.html")
    assert moved.status_code == 301
    assert get(urljoin(moved.url, moved.headers["Location"])).text == "<h1>docs</h1>"
    lost = get(f"{site}/nothing")
    assert (lost.status_code, lost.headers["Location"]) == (302, "http://example.com/lost")
    assert get(f"{site}/private/plan.txt").status_code == 403


@pytest.mark.parametrize(
    ("configuration", "code"),
    [
        ({"IndexDocument": {"Suffix": "a/b"}}, "InvalidArgument"),
        ({"ErrorDocument": {"Key": "error.html"}}, "MalformedXML"),
        ({**WEBSITE, "RedirectAllRequestsTo": {"HostName": "a"}}, "MalformedXML"),
    ],
)
def test_a_configuration_that_is_none_is_refused(s3: BaseClient, configuration: dict, code: str) -> None:
    assert error_code(s3.put_bucket_website, Bucket=BUCKET, WebsiteConfiguration=configuration) == code


def test_a_site_that_is_taken_away_is_gone(s3: BaseClient, configured: Callable[[dict], None], site: str) -> None:
    assert s3.get_bucket_website(Bucket=BUCKET)["IndexDocument"] == {"Suffix": "index.html"}
    s3.delete_bucket_website(Bucket=BUCKET)
    assert "NoSuchWebsiteConfiguration" in get(site + "/").text
    with pytest.raises(ClientError, match="NoSuchWebsiteConfiguration"):
        s3.get_bucket_website(Bucket=BUCKET)


def test_a_stack_makes_a_site(stacks: BaseClient, s3: BaseClient) -> None:
    name = "site-of-a-stack"
    website = {
        "IndexDocument": "index.html",
        "RoutingRules": [{"RoutingRuleCondition": {"KeyPrefixEquals": "x/"}, "RedirectRule": {"ReplaceKeyWith": "y"}}],
    }
    bucket = {
        "BucketName": name,
        "WebsiteConfiguration": website,
        "PublicAccessBlockConfiguration": NOTHING_BLOCKED,
    }
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": bucket},
        "Policy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": json.loads(policy(name))},
        },
    }
    outputs = {"Url": {"Value": {"Fn::GetAtt": ["Bucket", "WebsiteURL"]}}}
    stacks.create_stack(StackName="site", TemplateBody=json.dumps({"Resources": resources, "Outputs": outputs}))
    url = stacks.describe_stacks(StackName="site")["Stacks"][0]["Outputs"][0]["OutputValue"]
    s3.put_object(Bucket=name, Key="index.html", Body=b"stacked")
    assert get(f"{url}/").text == "stacked"
    assert get(f"{url}/x/1").headers["Location"] == f"/_aws/s3-website/{name}/y"
    s3.delete_object(Bucket=name, Key="index.html")
    stacks.delete_stack(StackName="site")
    assert "NoSuchBucket" in get(f"{url}/").text
