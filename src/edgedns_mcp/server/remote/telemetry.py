"""Spans and metrics by OpenTelemetry: the SDK of MCP makes the spans, this measures, and exports both where asked."""

from collections.abc import Callable, Sequence
from typing import Any

from opentelemetry import metrics, trace

from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.settings.telemetry import Wanted

SCOPE = "edgedns_mcp"
BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # as the conventions advise


class Meter:
    """Measures requests and questions; where nobody exports, it costs next to nothing."""

    def __init__(self) -> None:
        """Make the instruments that the semantic conventions of HTTP and MCP name."""
        meter = metrics.get_meter(SCOPE)
        self._requests = meter.create_histogram(
            "http.server.request.duration", "s", explicit_bucket_boundaries_advisory=BOUNDS_S
        )
        self._operations = meter.create_histogram(
            "mcp.server.operation.duration", "s", explicit_bucket_boundaries_advisory=BOUNDS_S
        )

    def request(self, method: str, route: str, status: int, took_s: float) -> None:
        """Measure an HTTP request."""
        named = {"http.request.method": method, "http.route": route, "http.response.status_code": status}
        self._requests.record(took_s, named)

    def operation(self, method: str, subject: str, outcome: str, took_s: float) -> None:
        """Measure an MCP message; `subject` is one of our own names, or ''."""
        named = {"mcp.method.name": method, "edgedns_mcp.outcome": outcome}
        if subject:
            named["gen_ai.tool.name"] = subject
        self._operations.record(took_s, named)


def mark_span(request_id: str, tenant: str) -> str:
    """Let the span of this message say which request it is; give its trace, '' where there is no span."""
    span = trace.get_current_span()
    context = span.get_span_context()
    if not context.is_valid:
        return ""
    span.set_attributes({"edgedns_mcp.request_id": request_id, "edgedns_mcp.tenant": tenant})
    return trace.format_trace_id(context.trace_id)


def export(wanted: Wanted) -> Callable[[], None]:
    """Export what is wanted, as the standard variables say; give what sends the rest at the end.

    Raises:
        ConfigurationError: what exports is not installed.
    """
    if not any(wanted):
        return lambda: None
    ends: list[Any] = []
    try:
        if wanted.traces:
            ends.append(_tracing())
        if wanted.metrics:
            ends.append(_metering())
    except ModuleNotFoundError as exc:
        raise ConfigurationError(
            "Install edgedns-mcp[telemetry] to export to OpenTelemetry, or set OTEL_SDK_DISABLED=true."
        ) from exc
    return lambda: _end(ends)


def _tracing() -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=_resource())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider


def _metering() -> Any:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    provider = MeterProvider([reader], resource=_resource())
    metrics.set_meter_provider(provider)
    return provider


def _resource() -> Any:
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource

    from edgedns_mcp import __version__

    own = Resource.create({"service.name": "edgedns-mcp", "service.version": __version__})
    return own.merge(OTELResourceDetector().detect())  # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win


def _end(providers: Sequence[Any]) -> None:
    for provider in providers:
        provider.shutdown()
