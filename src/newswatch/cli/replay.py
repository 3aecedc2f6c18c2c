"""`newswatch replay`: what the pipeline makes of files."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli.common import ConfigOption, UsageError, fail, load, quiet_log
from newswatch.cli.output import clean, clean_text, many, note, print_facts, print_json
from newswatch.cli.rendered import for_people, readable
from newswatch.model import Severity

if TYPE_CHECKING:
    from newswatch.replay import Replayed

_RULER = "-" * 80


class Format(StrEnum):
    """How the result is printed."""

    TEXT = "text"
    JSON = "json"


def replay(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="Seed text, feed, page, JSON Lines, WARC, or a folder of them.")
    ],
    form: Annotated[Format, typer.Option("--format", metavar="FORMAT", help="text or json.")] = Format.TEXT,
    store: Annotated[bool, typer.Option("--store", help="Keep the result in the configured database.")] = False,
    brief: Annotated[bool, typer.Option("--brief", help="Print one line for each input, and the totals.")] = False,
    config: ConfigOption = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Run files through the pipeline with a virtual clock and print what would be stored and sent. Sends nothing.

    The same files and rules give the same output on any day. Exit code 1 if a file cannot be used.

    Example: newswatch replay seeds/ --format json
    """
    from newswatch.replay import replay as run_replay

    if not path.exists():
        raise UsageError(f"there is no {path}")
    as_json = json or form is Format.JSON
    if as_json and brief:
        raise UsageError("--brief is text; leave it or JSON out")
    quiet_log()
    result = run_replay(path, load(config), store=store)
    if as_json:
        print_json(document(result))
    elif brief:
        _print_brief(result, stored="stored, nothing was sent" if store else "nothing was stored or sent")
    else:
        _print(result)
    for problem in result.problems:
        note(f"not used: {problem}")
    if result.problems:
        fail(1)


def document(result: "Replayed") -> dict[str, Any]:
    """Return the result as JSON holds it; what would be sent is text or an object, as the receiver would see it."""
    return {
        "problems": list(result.problems),
        "inputs": list(result.inputs),
        "articles": list(result.articles),
        "stories": list(result.stories),
        "alerts": list(result.alerts),
        "deliveries": [{**one, "rendered": readable(one["rendered"])} for one in result.deliveries],
    }


def _print(result: "Replayed") -> None:
    for given in result.inputs:
        if given["article"] is None:
            print(_no_article(given) + "\n")
    for article in result.articles:
        _print_article(article)
    for story in result.stories:
        print(f"story {story['story']}: {clean(story['headline'])}")
        for member in story["articles"]:
            print(
                f"  article {member['article']} ({member['relation']}, {clean(member['source'] or 'unknown source')})"
            )
        print()
    for alert in result.alerts:
        state = f"not sent, {alert['suppressed']}" if alert["suppressed"] else "sent"
        print(f"alert: {alert['rule']} on story {alert['story']}, {alert['severity']}, {alert['opened_at']}, {state}")
        print(f"  {clean(alert['reason'])}\n")
    for delivery in result.deliveries:
        _print_delivery(delivery)


def _print_article(article: dict[str, Any]) -> None:
    print(f"article {article['article']}: {clean(article['display_headline'])}")
    published = article["published_on"] or article["published_at"]
    print_facts(
        {
            "  title": article["title"] or "(none)",
            "  published": f"{published} ({article['published_precision']}, from {article['published_by']})"
            if published
            else "(unknown)",
            "  source": article["source_name"] or "(unknown)",
            "  credits": [credit["name"] for credit in article["credited"]] or "(nobody)",
            "  authors": article["authors"] or "(none)",
            "  language": article["language"],
            "  url": article["canonical_url"] or article["url"],
            "  extracted by": f"{article['method']}: {article['method_reason']}",
            "  words": article["word_count"],
            "  paragraphs": len(article["paragraphs"]),
            "  story": article["story"],
            "  notes": article["notes"],
        }
    )
    for removed in article["removed"]:
        print(f"  removed ({removed['reason']}): {clean(removed['text'])}")
    print()
    for paragraph in article["paragraphs"]:
        print(clean_text(paragraph) + "\n")
    for match in article["matches"]:
        _print_match(match)
    if not article["matches"]:
        print("meets no rule\n")


def _print_match(match: dict[str, Any]) -> None:
    score = f", score {match['score']:g} of {match['threshold']:g}" if match["threshold"] else ""
    print(f"meets {match['rule']}: {clean(match['name'])} ({match['severity']}{score})")
    for line in match["why"]:
        print(f"  because {clean(line)}")
    for found in match["evidence"]:
        entity = f" [{found['entity']}]" if found["entity"] else ""
        print(f"  {found['field']} {found['start']}-{found['end']}: {clean(found['text'])}{entity}")
    if match["evidence_total"] > len(match["evidence"]):
        print(f"  and {match['evidence_total'] - len(match['evidence'])} more")
    print()


def _print_delivery(delivery: dict[str, Any]) -> None:
    rules, when = ", ".join(delivery["rules"]), delivery["due_at"]
    print(f"to {delivery['to']}: {delivery['kind']}, story {delivery['story']}, {rules}, {delivery['state']}, {when}")
    print(_RULER)
    print(clean_text(for_people(delivery["rendered"])))
    print(_RULER + "\n")


def _print_brief(result: "Replayed", *, stored: str) -> None:
    """Print one line for each input, and the totals."""
    articles = {article["article"]: article for article in result.articles}
    made = [one for one in result.deliveries if not one["known"] and one["rendered"] is not None]
    for given in result.inputs:
        article = articles.get(given["article"])
        to = [one["to"] for one in made if given["article"] in one["articles"]]
        print(_no_article(given) if article is None else _brief(article, to, known=given["known"]))
    flagged = sum(bool(article["matches"]) for article in result.articles)
    known = sum(given["known"] for given in result.inputs)
    facts = [
        many(len(result.inputs), "input") + (f" ({known} known already)" if known else ""),
        many(len(result.articles), "article"),
        f"{flagged} flagged",
        many(len(result.stories), "story"),
        f"{many(len(made), 'message')} would be sent",
    ]
    print(f"{', '.join(facts)}; {stored}")


def _no_article(given: dict[str, Any]) -> str:
    why = ": ".join(clean(part) for part in (given["reason"], given["detail"]) if part)
    return f"no article from {clean(given['title'] or given['link'])}: {why or clean(given['state'])}"


def _brief(article: dict[str, Any], to: list[str], *, known: bool) -> str:
    day = article["published_on"] or (article["published_at"] or "")[:10] or "no date"
    line = f"{clean(article['display_headline'])} ({clean(article['source_name'] or 'unknown source')}, {day}): "
    matches = sorted(article["matches"], key=lambda one: -Severity(one["severity"]).rank)
    if not matches:
        line += "meets no rule"
    else:
        line += "flagged by " + ", ".join(f"{one['rule']} ({one['severity']})" for one in matches)
        line += f": {clean(matches[0]['why'][0])}" if matches[0]["why"] else ""
        if to or not known:
            line += f"; would tell {clean(to)}" if to else "; of a story told already"
    return line + ("; known already" if known else "")
