"""Numbers to 999,999 and dates in words, in English as people write them and in one German spelling: what the translator learns."""

import random
import zlib
from dataclasses import dataclass

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
MONTHS = "January February March April May June July August September October November December".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

EINER = (
    "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn"
).split()
ZEHNER = "_ _ zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
ORDNUNG = {1: "erste", 3: "dritte", 7: "siebte", 8: "achte"}
MONATE = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split()
WOCHENTAGE = "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag".split()

DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
YEARS = (1100, 2099)
NUMBERS = 1_000_000


@dataclass(frozen=True)
class English:
    """What one writer does, and another does otherwise."""

    conjunction: bool = True  # three hundred and four, three hundred four
    hyphen: bool = True  # forty-two, forty two
    article: bool = False  # a hundred, one hundred
    capital: bool = False  # Forty-two, forty-two
    comma: bool = True  # the third of May, nineteen ten
    month_first: bool = False  # May the third, the third of May
    zero: bool = True  # nineteen oh five, nineteen hundred and five
    halves: bool = True  # twenty ten, two thousand and ten

    @staticmethod
    def drawn(generator: random.Random) -> "English":
        def chance(share: float) -> bool:
            return generator.random() < share

        return English(
            chance(0.7), chance(0.8), chance(0.1), chance(0.2), chance(0.7), chance(0.25), chance(0.6), chance(0.6)
        )

    def below_hundred(self, value: int) -> str:
        if value < 20:
            return ONES[value]
        ten, one = divmod(value, 10)
        return TENS[ten] + (("-" if self.hyphen else " ") + ONES[one] if one else "")

    def below_thousand(self, value: int, follows: bool = False) -> str:
        """Words of a group of three digits; the last group of a longer number has its `and` too: five thousand and two."""
        hundred, rest = divmod(value, 100)
        words = [ONES[hundred], "hundred"] if hundred else []
        if rest or not words:
            words += ["and"] if self.conjunction and (words or follows) else []
            words.append(self.below_hundred(rest))
        return " ".join(words)

    def cardinal(self, value: int) -> str:
        thousand, rest = divmod(value, 1000)
        words = [self.below_thousand(thousand), "thousand"] if thousand else []
        if rest or not words:
            words.append(self.below_thousand(rest, follows=bool(words)))
        text = " ".join(words)
        if self.article and text.startswith(("one hundred", "one thousand")):
            text = "a" + text.removeprefix("one")
        return text

    def ordinal(self, value: int) -> str:
        words = self.below_hundred(value)
        stem, separator, last = words.rpartition("-" if "-" in words else " ")
        last = ORDINALS.get(last) or (last.removesuffix("y") + "ieth" if last.endswith("y") else last + "th")
        return stem + separator + last

    def year(self, value: int) -> str:
        century, rest = divmod(value, 100)
        if century == 20 and (rest < 10 or not self.halves):
            return self.cardinal(value)
        if rest == 0 or rest < 10 and not self.zero:
            return f"{self.below_hundred(century)} hundred" + (f"{' and' * self.conjunction} {ONES[rest]}" if rest else "")
        return f"{self.below_hundred(century)} {'oh ' * (rest < 10)}{self.below_hundred(rest)}"

    def date(self, date: "Date") -> str:
        month, day = MONTHS[date.month - 1], self.ordinal(date.day)
        text = f"{month} the {day}" if self.month_first else f"the {day} of {month}"
        text = text if date.weekday is None else f"{WEEKDAYS[date.weekday]}, {text}"
        return text if date.year is None else f"{text}{',' * self.comma} {self.year(date.year)}"

    def text(self, thing: "int | Date") -> str:
        words = self.cardinal(thing) if isinstance(thing, int) else self.date(thing)
        return words[0].upper() + words[1:] if self.capital else words


@dataclass(frozen=True)
class Date:
    day: int
    month: int
    year: int | None
    weekday: int | None


def unter_hundert(value: int) -> str:
    if value < 20:
        return EINER[value]
    zehner, einer = divmod(value, 10)
    return (EINER[einer] + "und" if einer else "") + ZEHNER[zehner]


def unter_tausend(value: int) -> str:
    hunderter, rest = divmod(value, 100)
    return (EINER[hunderter] + "hundert" if hunderter else "") + (unter_hundert(rest) if rest else "")


def zahl(value: int) -> str:
    if value == 0:
        return EINER[0]
    tausender, rest = divmod(value, 1000)
    text = (unter_tausend(tausender) + "tausend" if tausender else "") + unter_tausend(rest)
    return text + "s" if rest % 100 == 1 else text


def jahr(value: int) -> str:
    if not 1100 <= value < 2000:
        return zahl(value)
    return unter_hundert(value // 100) + "hundert" + (zahl(value % 100) if value % 100 else "")


def datum(date: Date) -> str:
    tag = ORDNUNG.get(date.day) or unter_hundert(date.day) + ("te" if date.day < 20 else "ste")
    weekday = "" if date.weekday is None else WOCHENTAGE[date.weekday] + ", "
    return f"{weekday}der {tag} {MONATE[date.month - 1]}" + ("" if date.year is None else " " + jahr(date.year))


def german(thing: int | Date) -> str:
    return zahl(thing) if isinstance(thing, int) else datum(thing)


def is_held_out(thing: int | Date) -> bool:
    """Whether a number or a date, however it is written, is kept from training: one in 20, but not numbers below 1000, which are the words."""
    if isinstance(thing, int):
        return thing >= 1000 and zlib.crc32(b"%d" % thing) % 20 == 0
    return thing.year is not None and zlib.crc32(b"%d %d %d" % (thing.day, thing.month, thing.year)) % 20 == 0


def draw(generator: random.Random, held_out: bool) -> int | Date:
    """A number (of any length alike, long ones more often) or a date, of the training side or of the other."""
    while True:
        if generator.random() < 0.6:
            thing: int | Date = generator.randrange(10 ** generator.choice((2, 3, 4, 5, 6, 6, 6)))
        else:
            month = generator.randrange(12)
            thing = Date(
                generator.randint(1, DAYS[month]),
                month + 1,
                generator.randint(*YEARS) if generator.random() < 0.85 else None,
                generator.randrange(7) if generator.random() < 0.2 else None,
            )
        if is_held_out(thing) == held_out:
            return thing


def pair(generator: random.Random, held_out: bool = False) -> tuple[str, str]:
    thing = draw(generator, held_out)
    return English.drawn(generator).text(thing), german(thing)
