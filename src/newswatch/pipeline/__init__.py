"""The order of the stages.

    poll  ->  article  ->  match  ->  follow  ->  digest  ->  deliver

`poll` claims due feeds and stores entries; `article` claims new entries and stores articles; `match` reads versions no
rule has seen and stores matches, stories, alerts and deliveries; `follow` makes deliveries of what became of stories
that were told; `digest` turns alerts that wait for a time of day into one delivery; `deliver` claims due deliveries and
sends them. What waits between them are rows, so each can stop anywhere and go on. Nothing is decided here: decisions
are in the stages' own packages.
"""

import asyncio

from newswatch.pipeline.article import ArticleStage
from newswatch.pipeline.context import Context
from newswatch.pipeline.deliver import DeliverStage
from newswatch.pipeline.digests import DigestStage
from newswatch.pipeline.fallback import FallbackStage
from newswatch.pipeline.following import FollowStage
from newswatch.pipeline.match import MatchStage
from newswatch.pipeline.operations import OperationsStage
from newswatch.pipeline.poll import PollStage

__all__ = ["ArticleStage", "Context", "DeliverStage", "DigestStage", "MatchStage", "Pipeline", "PollStage"]


class Pipeline:
    """The stages over one context, in flow order."""

    def __init__(self, context: Context) -> None:
        """Build the stages."""
        self.context = context
        self.poll = PollStage(context)
        self.article = ArticleStage(context)
        self.match = MatchStage(context)
        self.follow = FollowStage(context)
        self.digest = DigestStage(context)
        self.deliver = DeliverStage(context)
        self.operations = OperationsStage(context)
        self.fallback = FallbackStage(context)

    def troubles(self) -> dict[str, str]:
        """Return what the database said to the stages whose last work it refused, by stage."""
        stages = (self.poll, self.article, self.deliver)
        return {stage.name: stage.crew.trouble for stage in stages if stage.crew.trouble is not None}

    async def run_until_idle(self) -> int:
        """Do everything that is due now, and what follows from it, until nothing is; return how much that was."""
        done = 0
        while True:
            worked = 0
            for stage in (self.poll, self.article, self.match, self.follow, self.digest, self.deliver):
                worked += await stage.tick()
                await stage.wait()
            if not worked:
                return done
            done += worked

    def close(self) -> None:
        """Claim nothing more."""
        for stage in (self.poll, self.article, self.deliver):
            stage.close()

    async def stop(self, grace_s: float) -> None:
        """Claim nothing more, let what is under way finish for up to `grace_s` seconds, give the rest back."""
        self.close()
        await asyncio.gather(*(stage.drain(grace_s) for stage in (self.poll, self.article, self.deliver)))
