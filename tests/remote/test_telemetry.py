"""What is exported to OpenTelemetry, by the real exporters, to a real receiver on this machine."""

import signal
import subprocess
import sys
import threading
from collections import defaultdict
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from faces import clean_environment, command
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from remote_builders import ACCEPT, PATIENCE_S, called

KINDS = {"/v1/traces": ExportTraceServiceRequest, "/v1/metrics": ExportMetricsServiceRequest}


@pytest.fixture
def received():
    """Receive what is exported, by path."""
    found = defaultdict(list)

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found[self.path].append(KINDS[self.path].FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found["url"] = f"http://127.0.0.1:{server.server_address[1]}"
        yield found
        server.shutdown()


@contextmanager
def process(settings, **environment):
    """Serve in a process of its own, as the command does, until it is told to stop."""
    started = subprocess.Popen(
        [sys.executable, "-m", "edgedns_mcp", "serve", "--http", "--port", "0", "--source", "local"],
        env=clean_environment(
            EDGEDNS_DATABASE=str(settings.database), EDGEDNS_AS_OF=settings.as_of.isoformat(), **environment
        ),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield next(line for line in started.stderr if line.startswith("Serving on")).split()[-1]
        started.send_signal(signal.SIGTERM)
        started.communicate(timeout=PATIENCE_S)
    finally:
        started.kill()
        started.wait()


def test_spans_and_metrics_of_a_question_arrive_where_the_standard_variables_say(settings, received):
    with process(settings, OTEL_EXPORTER_OTLP_ENDPOINT=received["url"], OTEL_SERVICE_NAME="usage") as url:
        answer = httpx.post(f"{url}/mcp", json=called("usage_by_key", limit=1), headers=ACCEPT, timeout=PATIENCE_S)
        assert answer.status_code == 200
    (exported,) = [one for request in received["/v1/traces"] for one in request.resource_spans]
    (span,) = [span for scope in exported.scope_spans for span in scope.spans if span.name == "tools/call usage_by_key"]
    assert named(exported.resource)["service.name"] == "usage"
    assert named(span)["edgedns_mcp.request_id"] == answer.headers["x-request-id"]
    metrics = {
        metric.name: [named(point) for point in metric.histogram.data_points]
        for request in received["/v1/metrics"]
        for one in request.resource_metrics
        for scope in one.scope_metrics
        for metric in scope.metrics
    }
    assert metrics["http.server.request.duration"] == [
        {"http.request.method": "POST", "http.route": "/mcp", "http.response.status_code": 200}
    ]
    assert metrics["mcp.server.operation.duration"] == [
        {"mcp.method.name": "tools/call", "gen_ai.tool.name": "usage_by_key", "edgedns_mcp.outcome": "answered"}
    ]


def test_only_the_signals_that_are_wanted_are_exported(settings, received):
    wanted = {"OTEL_EXPORTER_OTLP_ENDPOINT": received["url"], "OTEL_TRACES_EXPORTER": "none"}
    with process(settings, **wanted) as url:
        httpx.post(f"{url}/mcp", json=called("server_status"), headers=ACCEPT, timeout=PATIENCE_S)
    assert (len(received["/v1/traces"]), len(received["/v1/metrics"]) > 0) == (0, True)


@pytest.mark.parametrize(
    ("variable", "value", "fix"),
    [
        ("OTEL_TRACES_EXPORTER", "zipkin", "set it to otlp or none"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "set it to http/protobuf"),
    ],
)
def test_what_is_not_offered_is_told_with_what_is(variable, value, fix):
    told = command(
        "serve", "--http", "--port", "0", **{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", variable: value}
    )
    assert (told.returncode, told.stderr.count("\n")) == (2, 1)
    assert fix in told.stderr


def named(holder):
    values = {one.key: one.value for one in holder.attributes}
    return {key: value.int_value or value.string_value for key, value in values.items()}
