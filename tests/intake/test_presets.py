"""Logs as Kong, API Gateway and Cloudflare document them; every count was made by hand."""

import json

import pytest
from intake_builders import EDNS_SECRET

from edgedns_mcp.errors import IntakeError, QuestionError
from edgedns_mcp.models import Tally

AT = 1_791_195_330  # 2026-10-05T10:15:30Z


def kong(started_at, uri, status, **more):
    """Build a line as the File Log and HTTP Log plugins write it."""
    record = {
        "response": {"size": 9982, "headers": {"content-type": "text/html", "via": "1.1 kong"}, "status": status},
        "route": {"updated_at": 1726782477, "tags": [], "protocols": ["http", "https"], "paths": ["/dns"]},
        "workspace": "0de5a2b3", "workspace_name": "default",
        "tries": [{"balancer_start": 1791195330123, "ip": "18.211.130.98", "port": 80, "balancer_latency": 0}],
        "client_ip": "192.168.65.1",
        "request": {
            "id": "2f6946328ffc4946b8c9120704a4a155", "headers": {"accept": "*/*", "apikey": "REDACTED"}, "uri": uri,
            "size": 90, "method": "GET", "querystring": {}, "url": f"http://localhost:8000{uri}", "tls": None,
        },
        "upstream_uri": "/anything", "started_at": started_at,
        "latencies": {"kong": 1, "proxy": 171, "request": 173, "receive": 1}, "upstream_status": "200",
        "service": {"id": "167290ee", "name": "example-service", "host": "httpbin.konghq.com", "port": 80},
    }  # fmt: skip
    return json.dumps(record | more)


JANE = {"consumer": {"id": "c-jane", "username": "jane", "created_at": 1726782477}}
MOBILE = {"consumer": {"username": "mobile"}, "authenticated_entity": {"id": "e-mobile"}}


def test_kong_logs_say_who_where_and_when(desk):
    path = desk.log(
        kong(1791195330123, "/dns/lookup?name=example.org", 200, **JANE),
        kong(1791195331456, "/dns/lookup", 404, **JANE),
        kong(1791195332000, "/dns/bulk", 200, **MOBILE),
        kong(1791195333999, "/dns/lookup", 200, authenticated_entity={"id": "e-1"}),
        kong(1791195334000, "/dns/lookup", 401),
    )
    assert desk.take(path, log_format="auto", preset="kong").requests == 5
    assert desk.totals() == {
        "c-jane": Tally(2, 1, AT + 1),
        "mobile": Tally(1, 0, AT + 2),
        "e-1": Tally(1, 0, AT + 3),
        "": Tally(1, 1, AT + 4),
    }
    assert desk.endpoints("c-jane") == {"/dns/lookup": Tally(2, 1, AT + 1)}


def gateway(**changes):
    """Build a line as the documented example of JSON access logging writes it, with the key's id added."""
    record = {
        "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", "ip": "192.0.2.1", "caller": "-", "user": "-",
        "requestTime": "05/Oct/2026:12:15:30 +0200", "httpMethod": "GET", "resourcePath": "/zones/{zone_id}",
        "status": "200", "protocol": "HTTP/1.1", "responseLength": "3487", "apiKeyId": "h7x2k9",
    }  # fmt: skip
    return json.dumps(record | changes)


def test_api_gateway_logs_say_who_where_and_when(desk):
    path = desk.log(
        gateway(),
        gateway(status="403"),
        gateway(requestTimeEpoch="1791195340123", requestTime=None, resourcePath="/zones"),
        gateway(apiKeyId="-"),
    )
    assert desk.take(path, log_format="auto", preset="aws-apigateway").requests == 4
    assert desk.totals() == {"h7x2k9": Tally(3, 1, AT + 10), "": Tally(1, 0, AT)}
    assert desk.endpoints("h7x2k9") == {"/zones/{zone_id}": Tally(2, 1, AT), "/zones": Tally(1, 0, AT + 10)}


def logpush(moment, status, key, path="/v1/whois"):
    """Build a line of the HTTP requests dataset with a logged request header."""
    record = {
        "ClientIP": "203.0.113.9", "ClientRequestHost": "api.example.org", "ClientRequestMethod": "GET",
        "ClientRequestPath": path, "ClientRequestURI": f"{path}?name=example.org", "EdgeEndTimestamp": moment,
        "EdgeResponseBytes": 512, "EdgeResponseStatus": status, "EdgeStartTimestamp": moment,
        "RayID": "7d2f3c1a9b8e4f60", "RequestHeaders": {"x-api-key": key} if key else {},
    }  # fmt: skip
    return json.dumps(record)


def test_logpush_says_where_and_when_and_the_header_says_who(desk):
    path = desk.log(
        logpush("2026-10-05T10:15:30Z", 200, "key_1"),
        logpush(1791195331, 500, "key_1"),
        logpush(1791195332000000000, 200, "key_1"),
        logpush("2026-10-05T10:15:33Z", 429, EDNS_SECRET),
        logpush("2026-10-05T10:15:34Z", 200, None),
    )
    done = desk.take(path, "key_id=RequestHeaders.x-api-key", log_format="auto", preset="cloudflare-logpush")
    assert (done.requests, done.without_key) == (5, 1)
    (secret,) = set(desk.totals()) - {"key_1", ""}
    assert secret.startswith("secret-")
    assert secret.endswith(EDNS_SECRET[-4:])
    assert desk.totals() == {"key_1": Tally(3, 1, AT + 2), secret: Tally(1, 1, AT + 3), "": Tally(1, 0, AT + 4)}
    assert EDNS_SECRET.removeprefix("edns_live_").encode() not in desk.bytes_on_disk()


def test_cloudflare_needs_to_be_told_where_the_key_is(desk):
    with pytest.raises(QuestionError, match=r"such as --map key_id=RequestHeaders\.x-api-key"):
        desk.take(desk.log(logpush(AT, 200, "a")), log_format="auto", preset="cloudflare-logpush")


def test_a_preset_and_the_lack_of_it_are_other_options(desk):
    path = desk.log(gateway())
    desk.take(path, log_format="auto", preset="aws-apigateway")
    with pytest.raises(IntakeError, match="imported before, with --format ndjson --preset aws-apigateway, and"):
        desk.take(path, "key_id=apiKeyId", "timestamp=requestTime", log_format="ndjson")


def test_a_preset_does_not_read_csv(desk):
    with pytest.raises(IntakeError, match="reads JSON logs"):
        desk.take(desk.log("a,b"), log_format="csv", preset="kong")
