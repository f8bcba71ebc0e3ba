"""Is the text written in the course's one language? Markdown in, a list of problems out.

British spelling, one word for one thing, no filler, and no phrase that was translated word for word
from another language. What a word list can hold stands here; `book/notation.md` says the rest.
"""

import re

from tools.check.prose import CITE, readable

INSTEAD = {  # a pattern, and what the course says in its place
    # British spelling
    r"(?:dis)?color(?:s|ed|ing|ful)?": "colour",
    r"behaviors?": "behaviour",
    r"neighbor\w*": "neighbour",
    r"favor\w*": "favour",
    r"cent(?:er|ers|ered|ering)": "centre, centred",
    r"gray": "grey",
    r"(?:un)?labeled|labeling": "labelled, labelling",
    r"model(?:ed|ing)": "modelled, modelling",
    r"analyz\w*": "analyse",
    r"(?:general|visual|memor|organ|minim|maxim|summar|recogn|real|special|character)iz\w+": "-ise",
    # one word for one thing
    r"learnt": "learned",
    r"corners? of (?:a |the )?ReLUs?": "kink",
    r"nodes?": "unit, or neuron",
    # translated word for word
    r"in favou?r of": "for, or rather than",
    r"in the order of": "about",
    r"drawn? by lot": "drawn at random",
    r"thrown to pieces": "shuffled, or destroyed",
    r"speaks? a pattern": "shows a pattern",
    r"stands? in (?:a|the) (?:picture|figure)": "the figure shows",
    r"(?:a|an) \w+ is dear": "costly",
    r"suitable initial weights": "well-chosen first weights",
    r"cures?|cured": "remedy",
    r"want(?:s)? a reason": "need a reason",
    # filler and hype
    r"simply|obviously|of course|note that|needless to say|in fact": "nothing",
    r"amazing\w*|incredibl\w*|powerful|revolutionary|magical\w*": "what was measured",
}
PATTERN = re.compile(
    "|".join(rf"(?P<r{i}>\b(?:{pattern})\b)" for i, pattern in enumerate(INSTEAD)), re.I
)
QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"")


def text_problems(markdown):
    """List the words of one piece of Markdown that the course does not use; quotations are free."""
    text = QUOTED.sub(" ", readable(markdown).replace(CITE, " "))
    instead = list(INSTEAD.values())
    return [
        f"say {instead[int(match.lastgroup[1:])]} where the text says {match[0]!r}: "
        f"“… {' '.join(text[max(0, match.start() - 30) : match.end() + 30].split())} …”"
        for match in PATTERN.finditer(text)
    ]
