"""Where well-known gateways put our fields, as their makers document it."""

from collections.abc import Mapping
from typing import Literal

Preset = Literal["kong", "aws-apigateway", "cloudflare-logpush"]

# Event ids are left out: a gateway's request id also marks what is logged twice on purpose; --map event_id=... adds it.
PRESETS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    # "File Log" and "HTTP Log", developer.konghq.com/plugins/file-log: one JSON object a request, started_at in ms.
    "kong": {
        "timestamp": ("started_at",),
        "key_id": ("consumer.id", "consumer.username", "authenticated_entity.id"),
        "endpoint": ("request.uri", "upstream_uri"),
        "status": ("response.status",),
        "environment": (),
    },
    # "Variables for access logging for API Gateway": the operator names the fields, usually after the variables.
    "aws-apigateway": {
        "timestamp": ("requestTimeEpoch", "requestTime"),
        "key_id": ("apiKeyId", "identity.apiKeyId"),
        "endpoint": ("resourcePath", "path", "routeKey"),
        "status": ("status",),
        "environment": (),
    },
    # "HTTP requests" and "Custom fields", developers.cloudflare.com/logs: the key is a header that the operator chose.
    "cloudflare-logpush": {
        "timestamp": ("EdgeStartTimestamp",),
        "key_id": (),
        "endpoint": ("ClientRequestPath", "ClientRequestURI"),
        "status": ("EdgeResponseStatus",),
        "environment": (),
    },
}
NEEDS_KEY = (
    "Cloudflare logs no key by itself: name the request header that carries it, "
    "such as --map key_id=RequestHeaders.x-api-key."
)
