"""What finds a patient: short keys of names, numbers and addresses, made the same way of what is stored and what is sought.

A search is a prefix of a key, so every key begins with a letter for its kind. Accents, case and scripts do not matter:
`Möller` is found by `moll`, `Иванов` by `ivan`, and `כהן` by `cohen` through consonants alone, because vowels are
rarely written in Hebrew.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice, product
from typing import NamedTuple

import phonenumbers

WORD, SOUND, DIGITS, YEAR, ADDRESS = "w", "s", "d", "y", "e"
LONGEST = 64
MOST_WORDS = 8
FEWEST_DIGITS = 3
"""Fewer would find half of all patients."""
FEWEST_SOUNDS = 2
_MOST_VARIANTS = 8

_SILENT = str.maketrans("", "", "'’‘´`\"״׳ʼ\u200c\u200d")
_ALIKE = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ß": "ss"}
    | dict(zip("ךםןףץ", "כמנפצ", strict=True))
    | dict(zip("أإآٱىة", "ااااي\u0647", strict=True))
)
_CYRILLIC = dict(zip("абвгґдезиіклмнопрстуфыэј", "abvggdeziiklmnoprstufyej", strict=True)) | {
    "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "є": "ye", "ъ": "", "ь": "",
    "љ": "lj", "њ": "nj", "ћ": "c", "ђ": "d", "џ": "dz",
}  # fmt: skip
"""Folded, so that `й` is `и` and `ё` is `е`."""
_GREEK = dict(zip("αβγδεζηικλμνξοπρσςτυφω", "avgdeziiklmnxoprsstyfo", strict=True)) | {"θ": "th", "χ": "ch", "ψ": "ps"}
_INTO_LATIN = str.maketrans(_CYRILLIC | _GREEK)

_LATIN_SOUNDS = {
    "shch": "s", "tch": "s", "sch": "s", "ch": "khs", "kh": "kh", "sh": "s", "zh": "s", "th": "t", "ph": "p", "ck": "k",
    "ts": "s", "tz": "s", "b": "b", "v": "b", "w": "b", "p": "p", "f": "p", "d": "d", "t": "t", "g": "g", "k": "k",
    "q": "k", "c": "k", "x": "k", "s": "s", "z": "s", "l": "l", "m": "m", "n": "n", "r": "r", "h": "h",
}  # fmt: skip
"""Letters → the sounds that another script might write for them, each one letter."""
_OTHER_SOUNDS = {
    "ב": "b", "ג": "g", "ד": "d", "ה": "h", "ז": "s", "ח": "h", "ט": "t", "כ": "k", "ל": "l", "מ": "m", "נ": "n", "ס": "s",
    "פ": "p", "צ": "s", "ק": "k", "ר": "r", "ש": "s", "ת": "t",
    "ب": "b", "ت": "t", "ث": "t", "ج": "g", "ح": "h", "خ": "h", "د": "d", "ذ": "d", "ر": "r", "ز": "s", "س": "s", "ش": "s",
    "ص": "s", "ض": "d", "ط": "t", "ظ": "s", "غ": "g", "ف": "p", "ق": "k", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h",
}  # fmt: skip
_ALEPHS = frozenset("אעائع")
_VAVS, _YODS = frozenset("וو"), frozenset("יي")
_MUTE_AT_THE_END = frozenset("hهה")
_LETTERS = re.compile("|".join(sorted(map(re.escape, _LATIN_SOUNDS), key=len, reverse=True)) + "|.")
_NUMBER_LIKE = re.compile(r"[\d\s+()/.\-‐‑–]+\Z")


class Term(NamedTuple):
    """One word or number of a search; a patient has to have a key that begins with one of these."""

    prefixes: tuple[str, ...]
    sounds: tuple[str, ...] = ()
    """Tried as well when few are found by spelling."""


def folded(text: str) -> str:
    """Without case, accents, points and final forms: `Möller` and `moller` are the same."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in plain if unicodedata.category(character) != "Mn")
    return bare.translate(_ALIKE)


def words(text: str) -> list[str]:
    """The folded words; `O'Neil` is one, `Anna-Liisa` are two."""
    parted = "".join(letter if letter.isalnum() else " " for letter in folded(text.translate(_SILENT)))
    return parted.split()[:MOST_WORDS]


def keys_of(name: str, birth_year: int | None, phones: Iterable[str], emails: Iterable[str]) -> set[str]:
    """All keys of a patient; `phones` are E.164, of those who answer for them as well."""
    keys = {f"{YEAR}{birth_year}"} if birth_year else set()
    for word in words(name):
        keys |= _ways(word)
    for number in phones:
        keys |= {DIGITS + digits for digits in _parts(number)}
    keys |= {ADDRESS + email for email in emails}
    return {key[:LONGEST] for key in keys}


def _parts(number: str) -> set[str]:
    """Where people begin to read a number: at the country, after the trunk zero, at the last seven or four digits."""
    digits = number.lstrip("+")
    try:
        national = phonenumbers.national_significant_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        national = digits
    return {digits, national, national[-7:], national[-4:]}


def sounds(word: str, *, whole: bool = True) -> tuple[str, ...]:
    """The word's consonants in every way that another script might write them; none for too few of them.

    `cohen` and `כהן` are both `khn`; `levi` is `lb`, and `לוי` is `lb` or, read with a vowel, `l`. An h at the end is mute,
    but a word that is not `whole` may go on after it.
    """
    once = re.sub(r"(.)\1", r"\1", word)
    heard = [_heard(found.group(), found.start(), found.end(), once) for found in _LETTERS.finditer(once)]
    if not whole and once[-1:] in _MUTE_AT_THE_END:
        heard.append(("", "h"))
    read = {"".join(one) for one in islice(product(*filter(None, heard)), _MOST_VARIANTS)}
    return tuple(sorted(sound for sound in read if len(sound) >= FEWEST_SOUNDS))


def _heard(letters: str, start: int, end: int, word: str) -> tuple[str, ...]:
    first, last = start == 0, end == len(word)
    if letters in _MUTE_AT_THE_END and last:
        return ()
    if letters in _VAVS:
        return ("b",) if first else ("", "b")
    if letters in _YODS or letters in ("y", "j"):
        return ("y", "a") if first else ()
    if letters in _ALEPHS or letters in ("a", "e", "i", "o", "u"):
        return ("a",) if first else ()
    if letters == "c" and word[end : end + 1] in ("e", "i", "y"):
        return ("s",)
    found = _LATIN_SOUNDS.get(letters) or _OTHER_SOUNDS.get(letters, "")
    return tuple(found)


def alike(one: str, other: str) -> bool:
    """Could these be two spellings of one name? Each word of the shorter has its like in the longer one."""
    shorter, longer = sorted((words(one), words(other)), key=len)
    heard = [_ways(word) for word in longer]
    return bool(shorter) and all(any(_ways(word) & ways for ways in heard) for word in shorter)


def _ways(word: str) -> set[str]:
    latin = word.translate(_INTO_LATIN)
    return {WORD + word, WORD + latin, *(SOUND + sound for sound in sounds(latin))}


def terms(text: str, region: str) -> list[Term]:
    """What is sought by `text`, typed in `region` (ISO 3166-1); what fewest have first: a number, then the longest word.

    Empty: there is nothing to look for.
    """
    asked = text.strip()[:200]
    if _NUMBER_LIKE.match(asked):
        number = _number(asked, region)
        return [number] if number else []
    if "@" in asked:
        return [Term((ADDRESS + asked.casefold()[: LONGEST - 1],))]
    found = [term for part in asked.split() for term in _of_part(part, region)]
    return sorted(found[:MOST_WORDS], key=lambda term: (term.prefixes[0][0] == WORD, -len(term.prefixes[0])))


def _of_part(part: str, region: str) -> Iterator[Term]:
    if _NUMBER_LIKE.match(part):
        if number := _number(part, region):
            yield number
        return
    for word in words(part):
        latin = word.translate(_INTO_LATIN)
        address = [ADDRESS + part.casefold()] if len(part) > len(word) else []
        spelled = dict.fromkeys((WORD + word, WORD + latin, *address))
        yield Term(
            tuple(key[:LONGEST] for key in spelled), tuple(SOUND + sound for sound in sounds(latin, whole=False))
        )


def _number(text: str, region: str) -> Term | None:
    digits = "".join(character for character in text.replace("(0)", "") if character.isdecimal())
    digits = digits.translate({ord(digit): str(unicodedata.decimal(digit)) for digit in digits})
    if len(digits) < FEWEST_DIGITS:
        return None
    national = digits.removeprefix("00") if digits.startswith("00") else digits.removeprefix(_trunk(region))
    starts = dict.fromkeys(DIGITS + start for start in (digits, national) if len(start) >= FEWEST_DIGITS)
    year = [YEAR + digits] if len(digits) == 4 and digits[:2] in ("19", "20") else []
    return Term(tuple(key[:LONGEST] for key in (*starts, *year)))


def _trunk(region: str) -> str:
    """What is dialled before a number within the country: `0` in most."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region or "ZZ", None)
    return str(metadata.national_prefix or "") if metadata else ""
