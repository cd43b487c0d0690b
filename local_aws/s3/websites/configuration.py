"""A bucket's website configuration: read from the API's XML or from a template, checked, and asked by requests.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_WebsiteConfiguration.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from xml.parsers.expat import ExpatError

import xmltodict
from moto.s3.exceptions import InvalidArgumentError, MalformedXML

XML_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
PROTOCOLS = {"http", "https"}
# A template's names of what the API calls otherwise.
TEMPLATE_NAMES = {"RoutingRuleCondition": "Condition", "RedirectRule": "Redirect"}


@dataclass(frozen=True)
class Redirect:
    """What a request's address becomes; None stays as it is."""

    host: str | None = None
    protocol: str | None = None
    key: str | None = None
    key_prefix: str | None = None
    status: int = 301

    def target(self, key: str, matched_prefix: str) -> str:
        """The key that the client is sent to."""
        if self.key is not None:
            return self.key
        return key if self.key_prefix is None else self.key_prefix + key.removeprefix(matched_prefix)


@dataclass(frozen=True)
class RoutingRule:
    redirect: Redirect
    key_prefix: str = ""
    error_status: int | None = None


@dataclass(frozen=True)
class WebsiteConfiguration:
    index_suffix: str | None = None
    error_key: str | None = None
    redirect_all: Redirect | None = None
    rules: tuple[RoutingRule, ...] = field(default=())

    @classmethod
    def parse(cls, document: bytes) -> Self:
        """Raises the errors of PutBucketWebsite."""
        try:
            parsed = xmltodict.parse(document, force_list={"RoutingRule"})["WebsiteConfiguration"] or {}
        except (ExpatError, KeyError, TypeError) as error:
            raise MalformedXML from error
        return cls._of({name: value for name, value in parsed.items() if not name.startswith("@")})

    @classmethod
    def _of(cls, parsed: Mapping[str, Any]) -> Self:
        rules = (parsed.get("RoutingRules") or {}).get("RoutingRule") or []
        redirect_all = parsed.get("RedirectAllRequestsTo")
        known = {"IndexDocument", "ErrorDocument", "RedirectAllRequestsTo", "RoutingRules"}
        if set(parsed) - known or (redirect_all and len(parsed) > 1) or not (redirect_all or "IndexDocument" in parsed):
            raise MalformedXML
        if redirect_all:
            return cls(redirect_all=_redirect({**redirect_all, "HttpRedirectCode": 301}))
        suffix = (parsed["IndexDocument"] or {}).get("Suffix") or ""
        if not suffix or "/" in suffix:
            raise InvalidArgumentError("The IndexDocument Suffix is not well formed", "IndexDocument", suffix)
        error_key = (parsed.get("ErrorDocument") or {}).get("Key")
        return cls(suffix, error_key, rules=tuple(_rule(rule) for rule in rules))


def _redirect(parsed: Mapping[str, Any]) -> Redirect:
    protocol = parsed.get("Protocol")
    status = str(parsed.get("HttpRedirectCode") or 301)
    if protocol not in {None, *PROTOCOLS} or not status.isdigit() or not 300 < int(status) < 400:
        raise MalformedXML
    key, prefix = parsed.get("ReplaceKeyWith"), parsed.get("ReplaceKeyPrefixWith")
    if key is not None and prefix is not None:
        raise MalformedXML
    return Redirect(parsed.get("HostName"), protocol, key, prefix, int(status))


def _rule(parsed: Mapping[str, Any]) -> RoutingRule:
    condition = parsed.get("Condition") or {}
    status = condition.get("HttpErrorCodeReturnedEquals")
    if not parsed.get("Redirect"):
        raise MalformedXML
    error_status = int(status) if status else None
    return RoutingRule(_redirect(parsed["Redirect"]), condition.get("KeyPrefixEquals") or "", error_status)


def document_of(properties: Mapping[str, Any]) -> bytes:
    """The API's XML of a template's WebsiteConfiguration."""
    document: dict[str, Any] = {"@xmlns": XML_NAMESPACE}
    for name, part in (("IndexDocument", "Suffix"), ("ErrorDocument", "Key")):
        if name in properties:
            document[name] = {part: properties[name]}
    if "RedirectAllRequestsTo" in properties:
        document["RedirectAllRequestsTo"] = dict(properties["RedirectAllRequestsTo"])
    if properties.get("RoutingRules"):
        rules = [
            {TEMPLATE_NAMES[name]: dict(value) for name, value in rule.items()} for rule in properties["RoutingRules"]
        ]
        document["RoutingRules"] = {"RoutingRule": rules}
    return xmltodict.unparse({"WebsiteConfiguration": document}).encode()
