"""Articles and terms cut into tokens for engines that match whole tokens only.

Words are folded as newswatch folds them. Runs of Korean, Japanese and Chinese become overlapping pairs of characters,
which is what Lucene's CJKBigramFilter does too: a term of n characters is then a phrase of n - 1 pairs and is found
exactly where the substring is. Cutting is done beforehand and costs the other engines nothing.
"""

from bench.rules.queries import Term
from newswatch.flag.normalise import fold, is_cjk
from newswatch.model import MatchInput

BORDER = " ".join(["titleends"] * 12)
"""Between title and text stand more tokens than any NEAR of the rules reaches."""


def tokens(text: str) -> list[str]:
    """Return the tokens of `text`."""
    found: list[str] = []
    for word in fold(text).split():
        if is_cjk(word[0]) and len(word) > 1:
            found.extend(word[index : index + 2] for index in range(len(word) - 1))
        else:
            found.append(word)
    return found


def article_tokens(article: MatchInput) -> str:
    """Return title and text as tokens between spaces."""
    return f"{' '.join(tokens(article.title))} {BORDER} {' '.join(tokens(article.body))}"


def term_tokens(term: Term) -> list[str]:
    """Return the tokens of a term; of a prefix term the last one is a beginning."""
    return tokens(term.text)
