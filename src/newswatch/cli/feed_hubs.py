"""`newswatch feeds hubs`: which hubs push what is new."""

from newswatch.cli.common import ConfigOption, JsonOption, opened
from newswatch.cli.output import Column, ago, note, print_json, print_rows
from newswatch.clock import system_now
from newswatch.redact import redact_url

_SHOWN = ("feed_id", "state", "asked_at", "confirmed_at", "expires_at", "next_at", "pushes", "last_push_at", "detail")


def hubs(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List the hubs that feeds name (WebSub): whether they push, until when they promised to, and what came of it.

    Hubs are asked once `websub.callback_url` is set; a hub is known after the next poll that brings a document.

    Example: newswatch feeds hubs
    """
    from newswatch.store import subscriptions

    with opened(config) as (loaded, database), database.reading() as connection:
        found = subscriptions.listed(connection)
    rows = [
        {"feed": name, "hub": redact_url(one.hub.url), **{shown: getattr(one, shown) for shown in _SHOWN}}
        for name, one in found
    ]
    if json:
        print_json(rows)
        return
    if loaded.websub.callback_url is None:
        note("no hub is asked: websub.callback_url is not set")
    now = system_now()
    print_rows(
        rows,
        [
            Column("feed", "feed", wide=True),
            Column("hub", "hub", wide=True),
            Column("state", "state"),
            Column("until", lambda row: ago(row["expires_at"], now)),
            Column("asked again", lambda row: ago(row["next_at"], now)),
            Column("pushes", lambda row: row["pushes"] or "", right=True),
            Column("last push", lambda row: ago(row["last_push_at"], now)),
            Column("why", lambda row: row["detail"] or "", wide=True),
        ],
        empty="no feed has named a hub yet",
    )
