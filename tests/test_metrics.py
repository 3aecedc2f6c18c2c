"""Names and labels are an interface: dashboards and alert rules are built on them."""

import re

from prometheus_client.parser import text_string_to_metric_families

from newswatch.metrics import Metrics

EXPECTED = {
    "newswatch_feed_polls": ("outcome",),
    "newswatch_feed_events": ("kind",),
    "newswatch_articles_ingested": (),
    "newswatch_pages_rendered": ("outcome",),
    "newswatch_entries_rejected": ("reason",),
    "newswatch_rule_matches": ("rule",),
    "newswatch_notifications": ("channel", "kind"),
    "newswatch_notifications_failed": ("channel", "reason"),
    "newswatch_notifications_suppressed": ("reason",),
    "newswatch_delivery_latency_seconds": (),
    "newswatch_outbox_depth": ("state",),
    "newswatch_outbox_oldest_age_seconds": (),
    "newswatch_dead_letters": (),
    "newswatch_reconciled": ("result",),
    "newswatch_fenced": ("stage",),
    "newswatch_worker_failures": ("kind",),
    "newswatch_waiting": ("stage",),
    "newswatch_oldest_waiting_seconds": ("stage",),
    "newswatch_websub_pushes": ("outcome",),
    "newswatch_websub_subscriptions": ("state",),
    "newswatch_feeds": ("status",),
    "newswatch_feed_health": ("state",),
    "newswatch_troubles": ("reason",),
    "newswatch_heartbeats": ("outcome",),
    "newswatch_feedback": ("said",),
    "newswatch_tick_failures": ("tick",),
    "newswatch_last_tick_timestamp_seconds": ("tick",),
    "newswatch_config_last_reload_successful": (),
    "newswatch_build_info": ("version", "python"),
}


def test_names_and_labels() -> None:
    metrics = Metrics()
    found = {
        metric._name: metric._labelnames
        for metric in vars(metrics).values()
        if getattr(metric, "_name", "").startswith("newswatch_")
    }
    assert found == EXPECTED


def test_the_exposition_is_readable_and_described() -> None:
    metrics = Metrics()
    metrics.outbox_depth.labels("pending").set(3)
    families = {family.name: family for family in text_string_to_metric_families(metrics.exposition().decode())}
    assert families["newswatch_outbox_depth"].samples[0].labels == {"state": "pending"}
    assert families["newswatch_outbox_depth"].samples[0].value == 3
    assert all(re.search(r"\.$", family.documentation) for name, family in families.items() if "newswatch" in name)


def test_two_registries_do_not_share() -> None:
    first, second = Metrics(), Metrics()
    first.articles_ingested.inc()
    assert b"newswatch_articles_ingested_total 1.0" in first.exposition()
    assert b"newswatch_articles_ingested_total 0.0" in second.exposition()
