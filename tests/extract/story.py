"""A short article of four sentences, which most tests put into a page."""

SENTENCES = (
    "The mayors of Harborview and Eastmere agreed on Tuesday to reopen the ferry line between their cities.",
    "The agreement foresees two crossings a day from March and four in the summer season, said Mayor Ellen Marsh.",
    "Engineers expect the work to take eleven weeks; divers are to inspect the piles before the end of the month.",
    "Fishermen fear for their moorings, and a citizens’ group wants the noise to be measured before the vote.",
)
STORY = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
