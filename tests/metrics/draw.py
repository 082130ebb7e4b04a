"""Random inputs: the same ones each time."""

import random

WORDS = (
    "the a an of to in it is was be are have has do did not and or but with from for on at by this that these cat cats dog dogs running runs ran "
    "jumped jumping relational conditional happily happiness national nation university universal generous general quick brown fox lazy translation "
    "translate translated translating summary summaries 3.5 1,000 2024 well-known it's don't U.S. e.g. \"quoted\" (in brackets) semi; colon: 50% $5 "
    "naïve café Ünder straße ΣΊΣΥΦΟΣ İstanbul 日本語 漢字です 我是学生 “curly” — … ½ x² €10 №5 😀 &quot; &amp; &lt; <skipped> end."
).split()


def sentence(dice: random.Random, most=18, least=0) -> str:
    return " ".join(dice.choice(WORDS) for _ in range(dice.randint(least, most)))


def near(dice: random.Random, text: str) -> str:
    """A text that shares much with another: words dropped, changed, moved."""
    words = text.split()
    for _ in range(dice.randint(0, 1 + len(words) // 3)):
        match dice.randrange(4):
            case 0 if words:
                words.pop(dice.randrange(len(words)))
            case 1:
                words.insert(dice.randint(0, len(words)), dice.choice(WORDS))
            case 2 if words:
                words[dice.randrange(len(words))] = dice.choice(WORDS)
            case 3 if len(words) > 2:
                start = dice.randrange(len(words))
                run = words[start : start + dice.randint(1, 4)]
                del words[start : start + len(run)]
                goal = dice.randint(0, len(words))
                words[goal:goal] = run
    return " ".join(words)


def pairs(dice: random.Random, count: int, references=1, least=0):
    """Predictions, and for each as many references."""
    firsts = [sentence(dice, least=least) for _ in range(count)]
    return [near(dice, text) for text in firsts], [[text] + [near(dice, text) for _ in range(references - 1)] for text in firsts]


def tags(dice: random.Random, letters: str, kinds=("PER", "LOC", "ORG")):
    """A sentence of tags in any order, those that no scheme allows too."""
    drawn = [dice.choice(letters + "O") for _ in range(dice.randint(1, 14))]
    return [letter if letter == "O" else f"{letter}-{dice.choice(kinds)}" for letter in drawn]
