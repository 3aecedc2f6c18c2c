"""article: entry -> page -> article."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Connection

from newswatch import failpoints
from newswatch.collect.archive import add_page
from newswatch.collect.corrections import mark_of, notice
from newswatch.collect.http import PAGE_ACCEPT
from newswatch.collect.variants import desktop, is_aggregator, onward, unwrapped
from newswatch.extract.site_lines import EdgeLines
from newswatch.extract.site_rules import rule_for
from newswatch.model import (
    Article,
    Entry,
    EntryState,
    ExtractOutcome,
    ExtractRequest,
    FetchFailure,
    FetchReason,
    FetchRequest,
    NotAnArticle,
    Page,
)
from newswatch.pipeline.context import Context
from newswatch.pipeline.crew import Crew, SharedCommit, insist
from newswatch.pipeline.documents import options_of
from newswatch.pipeline.learning import LearnedLines, learn, site_of
from newswatch.store import articles, entries
from newswatch.store.database import is_transient
from newswatch.store.leases import Lease
from newswatch.tasks import Extraction, extract_article
from newswatch.urls import registered_domain, url_key
from newswatch.workers import TaskCrashed, TaskTimeout

log = structlog.get_logger("newswatch.article")

_CLAIM_AT_MOST = 50
_COMMIT_AT_MOST = 100
_GATHER_S = 0.25  # results share a commit: one for each would cost more than extraction
_MOST_ONWARD = 3  # pages that only lead to another
_RETRY_AFTER_S = (30, 120, 600)
_TRANSIENT = frozenset(
    {
        FetchReason.DNS,
        FetchReason.CONNECT,
        FetchReason.RESET,
        FetchReason.DEADLINE,
        FetchReason.TRUNCATED,
        FetchReason.PROTOCOL,
        FetchReason.RATE_LIMITED,
    }
)


@dataclass(frozen=True, slots=True)
class Extracted:
    """What became of one entry, before anything is stored. `known_id` names an article that is stored already."""

    entry: Entry
    outcome: ExtractOutcome | None
    extraction: Extraction | None = None
    url_keys: tuple[str, ...] = ()
    known_id: int | None = None
    retry_s: float | None = None
    quarantine: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """What was stored, for the report."""

    extracted: Extracted
    article: articles.Stored | None
    kept: bool


class ArticleStage:
    """Claims new entries, fetches their pages, extracts articles in worker processes, stores them."""

    name = "article"

    def __init__(self, context: Context) -> None:
        """Use the context's concurrency."""
        self._context = context
        self.crew = Crew(self.name, context.config.http.concurrency, lambda: context.wake(self.name))
        self._commits: SharedCommit[Extracted] = SharedCommit(
            self._commit, at_most=_COMMIT_AT_MOST, gather_s=_GATHER_S, under_way=lambda: len(self.crew)
        )
        self._archiving = asyncio.Lock()
        self._lines = LearnedLines(context.database, context.now)

    def close(self) -> None:
        """Claim nothing more."""
        self.crew.closed = True

    async def wait(self) -> None:
        """Return when no article is under way."""
        await self.crew.wait()

    async def drain(self, grace_s: float) -> None:
        """Finish or give back what is under way."""
        await self.crew.drain(grace_s)

    async def tick(self) -> int:
        """Start on as many new entries as there is room for and return their number."""
        room = min(self.crew.free, _CLAIM_AT_MOST)
        if not room:
            return 0
        settings = self._context.config
        per_page = settings.http.total_timeout + settings.workers.deadline
        if self._context.browser is not None:  # all of a claim may have to wait for it
            per_page += room * settings.browser.timeout / settings.browser.at_once
        lease = self._context.lease(2 * per_page + room * settings.http.host_spacing + settings.daemon.lease)
        claimed, known = await self._context.database.write(_claim, lease, room)
        for entry in claimed:
            self.crew.start(self._process(entry, known.get(entry.id)))
        self.crew.full = len(claimed) == room
        return len(claimed)

    async def _process(self, entry: Entry, known_id: int | None) -> None:
        try:
            await self._commits.add(await self._extract(entry, known_id))
        except BaseException as error:
            # A stop of ours or a database in trouble says nothing about the entry.
            blameless = isinstance(error, asyncio.CancelledError) or is_transient(error)
            await insist(self._context.database, entries.give_back, entry, counted=not blameless)
            raise

    async def _extract(self, entry: Entry, known_id: int | None) -> Extracted:
        limit = self._context.config.extraction.max_attempts
        if entry.attempts > limit:
            reason = NotAnArticle("repeated_crash", f"the process ended {limit} times while it worked on this entry")
            return Extracted(entry, reason, quarantine=True)
        keys = _entry_keys(entry)
        if known_id is not None:  # another feed brought it already
            return Extracted(entry, None, url_keys=keys, known_id=known_id)
        page, why_not = await self._page(entry)
        if isinstance(page, FetchFailure):
            transient = page.reason in _TRANSIENT or (page.status is not None and page.status >= 500)
            if transient and entry.attempts < limit:
                wait = _RETRY_AFTER_S[min(entry.attempts - 1, len(_RETRY_AFTER_S) - 1)]
                outcome = NotAnArticle(page.reason.value, page.detail)
                return Extracted(entry, outcome, retry_s=max(wait, page.retry_after_s or 0))
            why_not, page = f"{page.reason.value}: {page.detail}", None
        extracted = await self._run_extraction(entry, page, why_not, keys)
        if page is not None and self._needs_browser(entry, page, extracted):
            return await self._in_browser(entry, page, extracted)
        return extracted

    def _needs_browser(self, entry: Entry, page: Page, extracted: Extracted) -> bool:
        """Tell whether a page is worth a second look, with its scripts run. Feeds on private addresses are not."""
        if self._context.browser is None or extracted.retry_s is not None or entry.allow_private:
            return False
        host = urlsplit(page.final_url).hostname or ""
        if registered_domain(host) in self._context.config.browser.sites:
            return True
        return not _is_of_page(extracted)

    async def _in_browser(self, entry: Entry, page: Page, extracted: Extracted) -> Extracted:
        """Return what a browser's view of a page gives, or what there is, if that gives nothing."""
        options = options_of(self._context, entry.feed_url, entry.feed_moved_from, target=page.final_url)
        if self._context.browser is None or options.proxy is not None:
            return extracted
        shown = await self._context.browser.render(page.final_url, options)
        if isinstance(shown, FetchFailure):
            self._context.metrics.pages_rendered.labels(shown.reason.value).inc()
            log.info("page not shown by the browser", url=page.final_url, reason=shown.reason, detail=shown.detail)
            return extracted
        again = await self._run_extraction(entry, shown, None, _entry_keys(entry))
        useful = _is_of_page(again)
        self._context.metrics.pages_rendered.labels("article" if useful else "nothing").inc()
        if not useful:
            return extracted
        await self._keep(shown)
        return again

    async def _page(self, entry: Entry) -> tuple[Page | FetchFailure | None, str | None]:
        """Return the entry's page, the failure to get it, or None with the reason not to ask for it."""
        if not entry.link:
            return None, "the entry has no link"
        if not entry.full_text:
            return None, "the feed is set to its own text"
        link = unwrapped(entry.link)
        asked: set[str] = set()
        while True:
            asked.add(link)
            found, why_not = await self._ask(entry, link)
            if not isinstance(found, Page):
                return found, why_not
            further = onward(found.final_url, found.body)
            if further is None or further in asked or len(asked) > _MOST_ONWARD:
                break
            link = further
        if is_aggregator(found.final_url):
            return None, f"aggregator: {urlsplit(found.final_url).hostname} does not say where the article is"
        await self._keep(found)
        return found, None

    async def _ask(self, entry: Entry, link: str) -> tuple[Page | FetchFailure | None, str | None]:
        """Fetch one page for an entry, if robots.txt lets us."""
        settings = self._context.config
        if settings.extraction.respect_robots and not await self._context.robots.allowed(link):
            return None, f"{FetchReason.ROBOTS}: robots.txt does not allow the page"
        outcome = await self._context.fetcher.fetch(
            FetchRequest(
                url=link,
                accept=PAGE_ACCEPT,
                max_bytes=settings.http.max_page_size,
                deadline_s=settings.http.total_timeout,
                allow_private=entry.allow_private,
                options=options_of(self._context, entry.feed_url, entry.feed_moved_from, target=link),
            )
        )
        if isinstance(outcome, Page | FetchFailure):
            return outcome, None
        return FetchFailure(link, FetchReason.HTTP, "304 to a request without validators", status=304), None

    async def _keep(self, page: Page) -> None:
        """Add a page to the archive, if there is one. A full disk costs the archive, not the article."""
        folder = self._context.config.extraction.archive
        if folder is None:
            return
        try:
            async with self._archiving:
                await asyncio.to_thread(add_page, Path(folder), page)
        except OSError as error:
            log.warning("page not archived", url=page.final_url, error=str(error))

    async def _run_extraction(
        self, entry: Entry, page: Page | None, why_not: str | None, keys: tuple[str, ...]
    ) -> Extracted:
        url = page.final_url if page else entry.link
        learned = await self._lines.of(url) if self._context.config.extraction.learn_lines else frozenset()
        request = self._request(entry, page, why_not, learned)
        try:
            extraction = await self._context.pool.run(extract_article, request)
        except (TaskTimeout, TaskCrashed) as error:
            kind = "deadline" if isinstance(error, TaskTimeout) else "crash"
            self._context.metrics.worker_failures.labels(kind).inc()
            log.warning("page stopped its worker", url=entry.link, reason=str(error))
            if page is not None:  # the feed's own text may still do
                return await self._run_extraction(entry, None, f"parse_{kind}: {error}", keys)
            outcome = NotAnArticle(f"parse_{kind}", str(error))
            if entry.attempts < self._context.config.extraction.max_attempts:
                return Extracted(entry, outcome, retry_s=_RETRY_AFTER_S[0])
            return Extracted(entry, outcome, quarantine=True)
        except Exception as error:
            log.exception("extraction failed", url=entry.link, entry=entry.id)
            self._context.metrics.worker_failures.labels("error").inc()
            if page is not None:
                return await self._run_extraction(entry, None, f"parse_error: {error}", keys)
            return Extracted(entry, NotAnArticle("parse_error", f"{type(error).__name__}: {error}"))
        if isinstance(extraction.outcome, Article):
            keys = tuple(dict.fromkeys((*keys, *_page_keys(page, extraction.outcome))))
        return Extracted(entry, extraction.outcome, extraction, keys)

    def _request(self, entry: Entry, page: Page | None, why_not: str | None, learned: frozenset[int]) -> ExtractRequest:
        settings = self._context.config
        return ExtractRequest(
            url=page.final_url if page else entry.link,
            body=page.body if page else None,
            content_type=page.content_type if page else None,
            entry_title=entry.title,
            entry_summary=entry.summary,
            entry_content_html=entry.content_html,
            entry_authors=entry.authors,
            entry_published=entry.published,
            source_name=entry.source_name,
            source_language=entry.source_language,
            page_reason=why_not,
            now=self._context.now(),
            max_bytes=settings.http.max_page_size,
            min_characters=settings.extraction.min_characters,
            site_lines=learned,
            site_rule=rule_for(urlsplit(page.final_url).hostname if page else None, settings.site_rules),
            thorough=self._is_thorough(entry),
        )

    def _is_thorough(self, entry: Entry) -> bool:
        """Tell whether the pages of a feed are read thoroughly, which may be said of the address it has moved from."""
        settings = self._context.config
        said = (settings.thorough_feeds.get(url) for url in (entry.feed_url, entry.feed_moved_from or ""))
        return next((value for value in said if value is not None), settings.extraction.mode == "thorough")

    async def _commit(self, group: list[Extracted]) -> None:
        stored, learned = await self._context.database.write(self._store, group)
        self._lines.know(learned)
        failpoints.reached("article.after_commit")
        for one in stored:
            self._report(one)
        if any(one.article is not None and one.article.version_id is not None for one in stored):
            self._context.wake("match")

    def _store(self, connection: Connection, group: list[Extracted]) -> tuple[list[Stored], dict[str, frozenset[int]]]:
        """Store a group: articles, and what became of the entries. One statement a table, whatever the group's size.

        Return what became of each, and the lines that are then known of the sites.
        """
        held = entries.still_held(connection, [extracted.entry for extracted in group])
        addresses = {key for extracted in group if extracted.extraction is not None for key in extracted.url_keys}
        known = articles.find(connection, sorted(addresses))
        endings: list[entries.Ending] = []
        arrivals: dict[int, articles.Arrival] = {}
        for extracted in group:
            entry = extracted.entry
            if entry.id not in held:
                continue
            arrival = self._arrival(extracted, known)
            if arrival is None:
                endings.append(self._ending(extracted, known))
                continue
            arrivals[entry.id] = arrival
            known.update(dict.fromkeys(extracted.url_keys, arrival.article_id))
            endings.append(entries.Ending(entry, EntryState.DONE, article_id=arrival.article_id))
        stored = articles.store(
            connection, list(arrivals.values()), new_id=self._context.new_id, now=self._context.now()
        )
        entries.finish(connection, endings)
        learned: dict[str, frozenset[int]] = {}
        if self._context.config.extraction.learn_lines:
            fresh = _edges([one for one in group if one.entry.id in arrivals])
            learned = learn(connection, fresh, now=self._context.now())
        failpoints.reached("article.before_commit")
        by_entry = dict(zip(arrivals, stored, strict=True))
        return [Stored(one, by_entry.get(one.entry.id), one.entry.id in held) for one in group], learned

    def _arrival(self, extracted: Extracted, known: Mapping[str, int]) -> articles.Arrival | None:
        """Return the article to store: a new one, or a revision. None if there is nothing to store."""
        entry, extraction = extracted.entry, extracted.extraction
        if extraction is None or not isinstance(extraction.outcome, Article):
            return None
        if entry.article_id is None and not known.keys().isdisjoint(extracted.url_keys):
            return None  # found only now, by the page's own address: another feed's article, not an edit
        value = extraction.outcome
        said = notice(entry.title if mark_of(entry.title) else value.title, value.text)
        return articles.Arrival(
            article_id=self._context.new_id() if entry.article_id is None else entry.article_id,
            revises=entry.article_id is not None,
            value=value if said is None else replace(value, notes=(*value.notes, said)),
            url_keys=extracted.url_keys,
            sample=extraction.sample,
            tokens=extraction.tokens,
            tier=entry.tier,
            backfill=entry.backfill,
            first_seen_at=entry.first_seen_at,
        )

    def _ending(self, extracted: Extracted, known: Mapping[str, int]) -> entries.Ending:
        """Return what becomes of an entry that gives nothing to store."""
        entry, outcome = extracted.entry, extracted.outcome
        if not isinstance(outcome, NotAnArticle):
            article_id = extracted.known_id or next(known[key] for key in extracted.url_keys if key in known)
            return entries.Ending(entry, EntryState.DONE, "known", article_id=article_id)
        if extracted.retry_s is not None:
            again = self._context.now() + timedelta(seconds=extracted.retry_s)
            return entries.Ending(entry, EntryState.NEW, outcome.reason, outcome.detail, due_at=again)
        state = EntryState.QUARANTINED if extracted.quarantine else EntryState.REJECTED
        return entries.Ending(entry, state, outcome.reason, outcome.detail)

    def _report(self, stored: Stored) -> None:
        entry, outcome = stored.extracted.entry, stored.extracted.outcome
        if not stored.kept:
            self._context.metrics.fenced.labels(self.name).inc()
            log.warning("article thrown away: another process has taken the entry over", entry=entry.id)
        elif isinstance(outcome, NotAnArticle):
            waiting = stored.extracted.retry_s
            if waiting is None:
                self._context.metrics.entries_rejected.labels(outcome.reason).inc()
            log.info(
                "no article" if waiting is None else "page not available yet",
                feed=entry.feed_name,
                title=entry.title,
                reason=outcome.reason,
                detail=outcome.detail,
                url=entry.link,
                **({} if waiting is None else {"again_in_s": round(waiting)}),
            )
        elif stored.article is not None and outcome is not None and stored.article.version_id is not None:
            if stored.article.created:
                self._context.metrics.articles_ingested.inc()
            log.info(
                "new article" if stored.article.created else "article revised",
                headline=outcome.display_headline,
                source=outcome.source_name,
                language=outcome.language,
                words=outcome.word_count,
                method=outcome.method,
                article=stored.article.article_id,
            )


def _claim(connection: Connection, lease: Lease, limit: int) -> tuple[list[Entry], dict[int, int]]:
    """Claim due entries. Return them and the articles that are known under the links of the new ones, by entry."""
    claimed = entries.claim_due(connection, lease, limit)
    keys = {entry.id: _entry_keys(entry) for entry in claimed if entry.article_id is None}
    known = articles.find(connection, sorted({key for some in keys.values() for key in some}))
    return claimed, {entry_id: known[key] for entry_id, some in keys.items() for key in some if key in known}


def _edges(group: list[Extracted]) -> dict[str, list[EdgeLines]]:
    """Return the lines at the edges of new articles, by site. Revisions would count an article twice."""
    fresh: dict[str, list[EdgeLines]] = {}
    for one in group:
        if one.entry.article_id is None and one.extraction is not None and isinstance(one.extraction.outcome, Article):
            fresh.setdefault(site_of(one.extraction.outcome.url), []).append(one.extraction.edges)
    return fresh


def _is_of_page(extracted: Extracted) -> bool:
    """Tell whether there is an article, and it is the page's own text rather than the feed's."""
    return isinstance(extracted.outcome, Article) and not extracted.outcome.method.startswith("feed")


def _entry_keys(entry: Entry) -> tuple[str, ...]:
    return _address_keys(entry.link) if entry.link else (f"entry:{entry.feed_id}:{entry.key}",)


def _address_keys(link: str) -> tuple[str, ...]:
    """Return the keys of an address: its own, and those of the page which it leads to or is a variant of."""
    target = unwrapped(link)
    return tuple(dict.fromkeys(url_key(one) for one in (link, target, *desktop(target))))


def _page_keys(page: Page | None, article: Article) -> list[str]:
    """Return the keys of the addresses that the page itself names.

    A canonical address on another site or without a path is a mistake of the page's template more often than not, and
    would make one article of everything that carries it. Where the text is the feed's own, the page was not the
    article's (a consent page, an error page), so its address says nothing.
    """
    if article.method.startswith("feed"):
        return []
    keys = [*_address_keys(page.final_url)] if page else []
    canonical = article.canonical_url
    if page and canonical:
        there, here = urlsplit(canonical), urlsplit(page.final_url)
        same_site = registered_domain(there.hostname or "") == registered_domain(here.hostname or "")
        if same_site and there.path.strip("/"):
            keys += _address_keys(canonical)
    return keys
