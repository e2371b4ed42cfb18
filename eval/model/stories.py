"""Short stories from a seeded grammar: the training set of the evaluation's model.

Everyday answers are nearly certain from word to word (0.16 nats per token), and a sampling check lives on
uncertainty. Stories have as much of it as prose (about 1.5 nats per token), and who and where in them
comes from the prompt, so that a tampered prompt matters. Generated from one seed, nothing downloaded.
"""
import random

HEROES = [("Anna", "she"), ("Ben", "he"), ("Clara", "she"), ("David", "he"), ("Emma", "she"), ("Felix", "he"), ("Greta", "she"),
          ("Henry", "he"), ("Ida", "she"), ("Jonas", "he"), ("Lena", "she"), ("Max", "he"), ("Nora", "she"), ("Otto", "he"),
          ("Paula", "she"), ("Robert", "he"), ("Sofia", "she"), ("Tom", "he"), ("Vera", "she"), ("Willem", "he")]
PLACES = ["forest", "village", "harbor", "castle", "market", "valley", "desert", "island", "city", "garden", "mine", "mountain",
          "library", "mill", "school", "station", "tower", "farm", "bridge", "cave"]
THINGS = ["key", "lamp", "book", "coin", "map", "ring", "clock", "letter", "mirror", "rope", "box", "stone", "bell", "knife", "cup",
          "coat", "drum", "flute", "wheel", "candle", "seed", "shell", "mask", "basket", "hammer", "thread", "feather", "boat", "bag", "crown"]
ANIMALS = ["dog", "cat", "horse", "bird", "fox", "wolf", "bear", "mouse", "owl", "goat", "frog", "snake", "hen", "crow", "deer"]
PEOPLE = ["king", "baker", "sailor", "teacher", "thief", "doctor", "farmer", "miner", "painter", "child", "guard", "smith", "tailor",
          "widow", "priest", "soldier", "singer", "hunter", "judge", "host"]
ADJECTIVES = ["old", "small", "red", "golden", "dark", "heavy", "bright", "cold", "strange", "quiet", "broken", "green", "tall", "soft",
              "sharp", "hungry", "kind", "angry", "wise", "tired", "young", "wild", "clean", "empty", "round"]
FEELINGS = ["happy", "sad", "afraid", "proud", "calm", "lonely", "curious", "angry", "tired", "brave"]
SOUGHT = ["found", "took", "lost", "saw", "wanted", "carried", "hid", "sold", "bought", "opened", "broke", "cleaned", "dropped", "kept"]
WENT = ["walked", "ran", "went", "rode", "climbed", "swam", "crept", "hurried", "drove", "came"]
TO = ["to", "into", "past", "around", "through", "toward", "near", "out of"]
TIMES = ["One day", "In the morning", "At night", "Later", "Then", "After a while", "Soon", "In winter", "Before noon", "On Monday",
         "Every evening", "At last", "Once", "Suddenly", "The next day"]
WEATHER = ["rain", "snow", "wind", "sun", "fog", "storm", "moon", "frost"]
SAID = ["said", "asked", "cried", "sang", "thought", "whispered", "called", "answered"]


class Teller:
    def __init__(self, rng, hero, pronoun, place, thing):
        self.rng, self.hero, self.pronoun, self.place, self.thing = rng, hero, pronoun, place, thing

    def word(self, words):
        """Words early in a list are likelier, as in any language."""
        rank = int(len(words) * self.rng.random() ** 1.5)
        return words[rank]

    def noun(self):
        kind = self.rng.random()
        head = self.word(ANIMALS if kind < 0.25 else PEOPLE if kind < 0.55 else THINGS)
        return f"{self.word(ADJECTIVES)} {head}" if self.rng.random() < 0.5 else head

    def thing_here(self):
        return self.thing if self.rng.random() < 0.3 else self.noun()

    def place_here(self):
        return self.place if self.rng.random() < 0.35 else self.word(PLACES)

    def who(self):
        roll = self.rng.random()
        if roll < 0.35:
            return self.pronoun
        return self.hero if roll < 0.6 else f"the {self.noun()}"

    def clause(self):
        who = self.who()
        shape = self.rng.randrange(9)
        if shape == 0:
            return f"{who} {self.word(SOUGHT)} a {self.thing_here()}"
        if shape == 1:
            return f"{who} {self.word(WENT)} {self.word(TO)} the {self.place_here()}"
        if shape == 2:
            return f"{who} was {self.word(FEELINGS)}"
        if shape == 3:
            return f"{who} met a {self.noun()}"
        if shape == 4:
            return f"{who} gave the {self.thing_here()} to the {self.noun()}"
        if shape == 5:
            return f"there was {self.word(WEATHER)} over the {self.place_here()}"
        if shape == 6:
            return f"{who} {self.word(SAID)}: where is the {self.thing_here()}?"
        if shape == 7:
            return f"{who} {self.word(SOUGHT)} the {self.thing_here()} in the {self.place_here()}"
        return f"the {self.noun()} {self.word(SAID)} and {self.word(SOUGHT)} the {self.thing_here()}"

    def sentence(self):
        text = self.clause()
        roll = self.rng.random()
        if roll < 0.35:
            text = f"{self.word(TIMES)} {text}"
        elif roll < 0.6 and not text.endswith("?"):
            text = f"{text}, {self.word(['and', 'but', 'because', 'so', 'when'])} {self.clause()}"
        text = text[0].upper() + text[1:]
        return text if text.endswith("?") else text + "."

    def story(self):
        count = 2 + int(9 * self.rng.random())
        opening = f"{self.hero} lived in a {self.word(ADJECTIVES)} {self.place} and had a {self.thing}."
        return " ".join([opening] + [self.sentence() for _ in range(count)])


ASKS = ["Tell me a story about {hero}, the {place} and the {thing}.", "Write about {hero}, a {place} and a {thing}.",
        "{hero}, {place}, {thing}: a story, please.", "A {thing} in a {place}. The hero is {hero}."]


def corpus(seed, copies):
    """`copies` thousand stories, with what was asked."""
    rng = random.Random(seed)
    pairs = []
    for _ in range(1000 * copies):
        hero, pronoun = rng.choice(HEROES)
        place, thing = rng.choice(PLACES), rng.choice(THINGS)
        ask = rng.choice(ASKS).format(hero=hero, place=place, thing=thing)
        pairs.append((ask, Teller(rng, hero, pronoun, place, thing).story()))
    return pairs
