"""Map English words that count as the same to one stem: Porter's stemmer, with additions.

`stem` takes a folded word. Before Porter's steps some word endings are replaced (honesty is read as
honest, accuracy as accurate), and afterwards some stem endings (edit-or, decept-ion and deceiv-e).
Words that no such rule covers are listed in families. `docs/query-language.md` describes this.
"""

from __future__ import annotations

from whoosh.lang.porter2 import stem as porter_stem

# Endings of words, and their replacements.
_WORD_ENDINGS = {
    "cracy": "crat",  # democracy, democratic
    "acy": "ate",  # accuracy, privacy, legitimacy
    "ecy": "et",  # secrecy
    "sty": "st",  # honesty, modesty
    "ulty": "ult",  # difficulty
    "alty": "al",  # loyalty
    "elty": "el",  # cruelty
    "ainty": "ain",  # certainty
    "eignty": "eign",  # sovereignty
    "ety": "e",  # safety
    "atory": "ation",  # explanatory, obligatory
}
# Endings of stems, and their replacements.
_STEM_ENDINGS = {
    "tor": "t",  # editor, contributor
    "visor": "vis",  # advisor, supervisor
    "essor": "ess",  # assessor, processor
    "vivor": "viv",  # survivor
    "ceiv": "cept",  # deceive, deception
    "scrib": "script",  # describe, description
    "lud": "lus",  # conclude, conclusion
    "suad": "suas",  # persuade, persuasion
    "duc": "duct",  # reduce, reduction
    "mit": "miss",  # permit, permission
    "spond": "spons",  # respond, response
    "tend": "tens",  # extend, extension
    "fend": "fens",  # defend, defensive
    "pand": "pans",  # expand, expansion
    "spend": "spens",  # suspend, suspension
    "hend": "hens",  # comprehend, comprehension
    "olv": "olut",  # resolve, resolution
    "ifi": "if",  # verify, verification
    "bil": "bl",  # ability, able; stability, stable
    "ous": "os",  # curious, curiosity
}
_MIN_LENGTH = 5  # letters of a word or stem whose ending is replaced
# Words, then stems, whose ending is not one of these.
_EXCEPTIONS = """
anxiety cantor casualty castor conservatory crotchety dynasty laboratory legacy lessor musty nestor
ninety pasty piety primacy propriety realty rickety rotor salty salvatore sobriety society specy
tapestry testy variety
absolv attend commit equator factor intend mentor pastor professor restor sector spend tractor
traitor
"""
_FAMILIES = """
able ability; act action; advise advice advisory; agree agreement; apply application applicable;
argue argument; autonomous autonomy; believe belief; brave bravery; broad breadth; candid candor
candour; cautious caution; choose choice chose chosen; clear clarity clarify; compete competition
competitor; complain complaint; comply compliance compliant; constrain constraint; contradict
contradictory; create creation creative; deceive deceit; decide decision; deep depth; deny denial;
disagree disagreement; divide division; exceed excess; explain explanation; extend extent; false
falsity falsehood; forbid forbade forbidden; free freedom freely; govern governor; grow growth;
guide guidance; high height; humble humility; imply implication implicit; intend intent; judge
judgment judgement; just justice; know knew known knowledge; lead leader led; legislate legislature;
long length; lose loss lost; mislead misled; obey obedience; odd oddity; prove proof; pure purity;
rare rarity; read reader; real reality really; rely reliable reliance; restrain restraint; sane
sanity; scarce scarcity; speak speaker spoke spoken speech; strong strength strengthen; succeed
success; teach teacher taught; think thought thinker; treat treatment; true truth truly; trust
trustworthy; understand understood; vain vanity; wide width; wise wisdom; withhold withheld; write
writer wrote written
"""
# Words that Porter's stemmer confuses with others, and their stems.
_APART = {
    **dict.fromkeys(("authority", "authorities", "authoritative"), "authorit"),  # not author
    **dict.fromkeys(("important", "importantly", "importance"), "importan"),  # not import
    **dict.fromkeys(("experiment", "experiments", "experimental"), "experiment"),  # not experience
    **dict.fromkeys(("university", "universities"), "universit"),  # not universal
}
_EXEMPT = frozenset(_EXCEPTIONS.split())


def _exchange(text: str, endings: dict[str, str]) -> str:
    """Replace the ending of a word or stem; of several that fit, the longest."""
    if len(text) < _MIN_LENGTH or text in _EXEMPT:
        return text
    longest = max(filter(text.endswith, endings), key=len, default="")
    return text.removesuffix(longest) + endings.get(longest, "")


def _by_rule(word: str) -> str:
    word = word.removesuffix("'s")
    if word.endswith("ies") and len(word) > _MIN_LENGTH:
        word = f"{word[:-3]}y"
    read = _exchange(word, _WORD_ENDINGS)
    return _exchange(porter_stem(read), _STEM_ENDINGS)


_FAMILY = {
    _by_rule(member): _by_rule(family.split()[0])
    for family in _FAMILIES.split(";")
    for member in family.split()[1:]
}


def stem(word: str) -> str:
    """Return the stem of an English word in lower case; words that count as the same share it."""
    root = _APART.get(word) or _by_rule(word)
    return _FAMILY.get(root, root) or word
