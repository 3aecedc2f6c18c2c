"""What the daemon counts, for Prometheus.

Names follow https://prometheus.io/docs/practices/naming/: base units, `_total` for counters. Labels have few values:
rule, channel, outcome, never a URL. Each `Metrics` has a registry of its own, so tests and replays do not share counts.
"""

import platform
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# The time at which each counter began is a second series for every series, and nobody asks for it.
disable_created_metrics()  # type: ignore[no-untyped-call]

_LATENCY = (1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400)


class Metrics:
    """Every metric, ready to be counted: `metrics.feed_polls.labels("new").inc()`."""

    def __init__(self) -> None:
        """Create the metrics in a new registry, all at zero."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.feed_polls = self._counter("feed_polls", "Polls of feeds.", "outcome")
        """outcome: new, unchanged, not_modified, or the reason code of a failure."""
        self.websub_pushes = self._counter("websub_pushes", "What hubs pushed.", "outcome")
        """outcome: stored, polled, forged, unwanted (`pipeline.websub.Verdict`)."""
        self.websub_subscriptions = self._gauge("websub_subscriptions", "Subscriptions to hubs of feeds.", "state")
        self.feed_events = self._counter("feed_events", "What happened to feeds.", "kind")
        """kind: as in `FeedEvent`."""
        self.articles_ingested = self._counter("articles_ingested", "Articles stored for the first time.")
        self.pages_rendered = self._counter("pages_rendered", "Pages shown to the browser.", "outcome")
        """outcome: article, nothing, or the reason code of a failure."""
        self.entries_rejected = self._counter("entries_rejected", "Entries that gave no article.", "reason")
        self.rule_matches = self._counter("rule_matches", "Articles that met a rule.", "rule")
        self.notifications = self._counter("notifications", "Messages a receiver accepted.", "channel", "kind")
        self.notifications_failed = self._counter("notifications_failed", "Failed attempts.", "channel", "reason")
        self.notifications_suppressed = self._counter(
            "notifications_suppressed", "Alerts that deliberately went nowhere.", "reason"
        )
        self.delivery_latency = Histogram(
            "newswatch_delivery_latency_seconds",
            "From the match to the receiver's acceptance.",
            buckets=_LATENCY,
            registry=self.registry,
        )
        self.outbox_depth = self._gauge("outbox_depth", "Deliveries by state.", "state")
        self.outbox_oldest_age = self._gauge("outbox_oldest_age_seconds", "Age of the oldest delivery that is due.")
        self.dead_letters = self._gauge("dead_letters", "Deliveries that were given up.")
        self.reconciled = self._counter("reconciled", "Deliveries of unknown outcome looked up.", "result")
        self.fenced = self._counter("fenced", "Results of expired claims that were thrown away.", "stage")
        self.worker_failures = self._counter("worker_failures", "Tasks that brought a worker down.", "kind")
        self.waiting = self._gauge("waiting", "Work waiting.", "stage")
        self.oldest_waiting = self._gauge("oldest_waiting_seconds", "Age of the oldest work waiting.", "stage")
        self.feeds = self._gauge("feeds", "Feeds by status, and those that are due.", "status")
        self.feed_health = self._gauge("feed_health", "Active feeds by how they are doing.", "state")
        self.troubles = self._gauge("troubles", "Troubles of its own that newswatch knows of.", "reason")
        self.feedback = self._counter("feedback", "What readers did at the links of messages.", "said")
        """said: relevant, irrelevant, mute, unmuted, unsubscribed, resubscribed."""
        self.heartbeats = self._counter("heartbeats", "Requests to the heartbeat's address.", "outcome")
        self.tick_failures = self._counter("tick_failures", "Ticks that ended with an error.", "tick")
        self.last_tick = self._gauge("last_tick_timestamp_seconds", "When a tick last finished.", "tick")
        self.config_reload_ok = self._gauge(
            "config_last_reload_successful", "1 if the configuration in force is the one in the file."
        )
        self.config_reload_ok.set(1)
        self.build_info = self._gauge("build_info", "Always 1; the labels say what is running.", "version", "python")
        self.build_info.labels(version("newswatch"), platform.python_version()).set(1)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"newswatch_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"newswatch_{name}", text, labels, registry=self.registry)

    def exposition(self) -> bytes:
        """Return every metric in Prometheus' text format; its media type is `CONTENT_TYPE`."""
        return generate_latest(self.registry)
