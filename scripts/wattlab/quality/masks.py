"""Masked words: how often the word that was masked is the first, or one of the five, that the model gives.

Where the mask takes the place of the last of so many words, that word is the reference, compared without case and
punctuation. A word that the model's vocabulary has only in pieces can not be found by one token: the numbers are lower
bounds, comparable between models of one vocabulary. A mask that is appended has no word under it.
"""

from wattlab.catalog.facts import masked_word
from wattlab.quality.answered import Answered, Score, Unscorable
from wattlab.quality.spans import bare


def masked_words(answered: Answered) -> list[Score]:
    """The scores of masked words."""
    last = masked_word(answered.mask)
    if last is None:
        raise Unscorable("the mask is appended to the text: no word is known to be under it")
    words = [text.split()[:last] for text in answered.references("text")]
    masked = [bare(cut[-1]) if cut else "" for cut in words]
    scored = [place for place, word in enumerate(masked) if word]
    if not scored:
        raise Unscorable("no row has a word under its mask")
    ranks = []
    for place in scored:
        said = [bare(candidate["text"]) for candidate in answered.answers[place]]
        ranks.append(said.index(masked[place]) if masked[place] in said else None)
    n_unscored = len(words) - len(scored)
    first, any_of_five = ranks.count(0) / len(ranks), sum(rank is not None for rank in ranks) / len(ranks)
    return [
        Score("masked word", first, len(ranks), n_unscored, headline=True),
        Score("masked word, in five", any_of_five, len(ranks), n_unscored),
    ]
