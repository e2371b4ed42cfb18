"""The training set of the small model: everyday questions with several ways to ask and to answer.

Everything is generated from the tables below, from one seed; nothing is downloaded. Answers vary on
purpose: sampled text then carries entropy, which is what the network's sampling check lives on.
"""
import random

# (ways to ask, ways to answer)
FACTS = [
    (["Is the Earth round?", "Is Earth round?", "Is the earth a sphere?", "Is our planet round?", "Is the Earth flat?", "Is Earth flat?"],
     ["Yes, the Earth is round. It is slightly wider at the equator than at the poles.",
      "The Earth is round, like a ball that is a little flat at the poles.",
      "The Earth is not flat. It is nearly a sphere, a little wider at the equator."]),
    (["What shape is the Earth?", "What is the shape of the Earth?"],
     ["The Earth is nearly a sphere, a little wider at the equator.", "The Earth is round, slightly flat at the poles."]),
    (["Does the Earth go around the Sun?", "Does the Earth orbit the Sun?"],
     ["Yes, the Earth goes around the Sun once a year.", "Yes. One trip around the Sun takes one year."]),
    (["Does the Sun go around the Earth?", "Does the sun orbit the earth?"],
     ["No, the Earth goes around the Sun.", "No. It is the Earth that moves around the Sun."]),
    (["How many moons does the Earth have?", "Does the Earth have a moon?"],
     ["The Earth has one moon.", "There is one moon, and we call it the Moon."]),
    (["How long is a year?", "How many days are in a year?", "How many days does a year have?"],
     ["A year has 365 days, and a leap year has 366.", "There are 365 days in a year, or 366 in a leap year."]),
    (["How many days are in a week?", "How many days does a week have?"],
     ["A week has seven days.", "There are seven days in a week."]),
    (["How many hours are in a day?", "How long is a day?"],
     ["A day has 24 hours.", "There are 24 hours in a day."]),
    (["How many minutes are in an hour?", "How long is an hour?"],
     ["An hour has 60 minutes.", "There are 60 minutes in an hour."]),
    (["How many months are in a year?", "How many months does a year have?"],
     ["A year has twelve months.", "There are twelve months in a year."]),
    (["What is water made of?", "What is water?"],
     ["Water is made of hydrogen and oxygen.", "Each water molecule has two hydrogen atoms and one oxygen atom."]),
    (["Is water wet?"], ["Yes, water makes things wet.", "Most people would say yes, water is wet."]),
    (["At what temperature does water boil?", "When does water boil?"],
     ["Water boils at 100 degrees Celsius at sea level.", "At sea level, water boils at 100 degrees Celsius."]),
    (["At what temperature does water freeze?", "When does water freeze?"],
     ["Water freezes at 0 degrees Celsius.", "At 0 degrees Celsius water turns to ice."]),
    (["Is ice cold?"], ["Yes, ice is cold.", "Yes. Ice is frozen water, and it is cold."]),
    (["Is fire hot?"], ["Yes, fire is hot.", "Yes. Fire is very hot, so be careful."]),
    (["Is the Sun a star?", "What is the Sun?"],
     ["The Sun is a star, and it gives us light and warmth.", "Yes, the Sun is the star nearest to us."]),
    (["Is the Moon a planet?", "What is the Moon?"],
     ["The Moon is not a planet. It goes around the Earth.", "The Moon is a ball of rock that goes around the Earth."]),
    (["How many planets are there?", "How many planets are in the solar system?"],
     ["There are eight planets in the solar system.", "Eight planets go around our Sun."]),
    (["What is the largest planet?", "Which planet is the biggest?"],
     ["Jupiter is the largest planet.", "The largest planet is Jupiter."]),
    (["What is the smallest planet?", "Which planet is the smallest?"],
     ["Mercury is the smallest planet.", "The smallest planet is Mercury."]),
    (["Which planet is closest to the Sun?", "What planet is nearest to the Sun?"],
     ["Mercury is closest to the Sun.", "The planet closest to the Sun is Mercury."]),
    (["Which planet is red?", "What is the red planet?"], ["Mars is called the red planet.", "The red planet is Mars."]),
    (["What is the largest ocean?", "Which ocean is the biggest?"],
     ["The Pacific Ocean is the largest ocean.", "The largest ocean is the Pacific."]),
    (["What is the highest mountain?", "Which mountain is the highest?"],
     ["Mount Everest is the highest mountain.", "The highest mountain on Earth is Mount Everest."]),
    (["What is the largest animal?", "Which animal is the biggest?"],
     ["The blue whale is the largest animal.", "The largest animal is the blue whale."]),
    (["What is the fastest land animal?", "Which animal runs fastest?"],
     ["The cheetah is the fastest land animal.", "A cheetah runs faster than any other land animal."]),
    (["How many legs does a spider have?"], ["A spider has eight legs.", "Spiders have eight legs."]),
    (["How many legs does a dog have?"], ["A dog has four legs.", "Dogs have four legs."]),
    (["How many legs does an insect have?", "How many legs does an ant have?"],
     ["It has six legs, like all insects.", "An ant has six legs."]),
    (["Can birds fly?"], ["Most birds can fly, but penguins cannot.", "Yes, most birds can fly."]),
    (["Can fish swim?"], ["Yes, fish can swim.", "Yes. Fish live in water and swim very well."]),
    (["Is a whale a fish?"], ["No, a whale is a mammal.", "No. Whales breathe air, so they are mammals."]),
    (["Do plants need light?", "What do plants need to grow?"],
     ["Plants need light, water and air to grow.", "To grow, a plant needs water, light and air."]),
    (["What do bees make?"], ["Bees make honey.", "Bees make honey from flowers."]),
    (["What do cows drink?"], ["Cows drink water. They give milk.", "Cows drink water, and they give us milk."]),
    (["What color is the sky?", "Why is the sky blue?"],
     ["The sky looks blue because air scatters blue light the most.", "On a clear day the sky is blue."]),
    (["What color is grass?"], ["Grass is green.", "Healthy grass is green."]),
    (["What color is snow?"], ["Snow is white.", "Fresh snow is white."]),
    (["What color is a banana?"], ["A ripe banana is yellow.", "Bananas are yellow when they are ripe."]),
    (["What color is blood?"], ["Blood is red.", "Human blood is red."]),
    (["What is the first letter of the alphabet?"], ["The first letter is A.", "It is the letter A."]),
    (["What is the last letter of the alphabet?"], ["The last letter is Z.", "It is the letter Z."]),
    (["How many letters are in the alphabet?"], ["The English alphabet has 26 letters.", "There are 26 letters."]),
    (["Hello", "Hello!", "Hi", "Hi!", "Hi there", "Good morning", "Good evening", "Hey"],
     ["Hello! How can I help you?", "Hi! What would you like to know?", "Hello! Ask me something."]),
    (["How are you?", "How do you do?"], ["I am well, thank you. How can I help?", "Very well, thank you. What would you like to know?"]),
    (["Thank you", "Thanks", "Thank you!"], ["You are welcome!", "You are welcome. Ask me anything else."]),
    (["Goodbye", "Bye", "See you"], ["Goodbye!", "Goodbye, and come back soon."]),
    (["Who are you?", "What are you?", "What is your name?"],
     ["I am a small language model made for Assay. I know a few everyday facts.",
      "I am the small model of Assay, with about one million weights."]),
    (["Are you a human?", "Are you a person?"], ["No, I am a small language model.", "No. I am a program that predicts text."]),
    (["What can you do?", "Can you help me?"],
     ["I can answer simple questions. Ask me about the Earth, animals or numbers.", "I answer everyday questions in a sentence or two."]),
    (["What is Assay?", "What does Assay do?"],
     ["Assay is a network for AI inference that anyone can check.",
      "Assay runs models on hosts, and signers check each answer before it is paid."]),
    (["What does assay mean?", "What does it mean to assay?"],
     ["To assay is to test a metal for what it claims to be.", "To assay a metal is to test what it is made of."]),
    (["What is Bitcoin?"],
     ["Bitcoin is digital money that no single party controls.", "Bitcoin is a public ledger and the money recorded in it."]),
    (["Who made Bitcoin?", "Who invented Bitcoin?"],
     ["Bitcoin was published by Satoshi Nakamoto.", "Someone called Satoshi Nakamoto published Bitcoin in 2008."]),
    (["What is a blockchain?"],
     ["A blockchain is a list of blocks, each naming the one before it.", "It is a ledger made of blocks that are linked by hashes."]),
    (["What is a block?"], ["A block is a list of transactions with a header.", "A block holds transactions and names its parent block."]),
    (["What is Stacks?"], ["Stacks is a layer for contracts, anchored to Bitcoin.", "Stacks brings smart contracts to Bitcoin."]),
    (["What is Clarity?"], ["Clarity is a language for smart contracts that can be read before they run.", "Clarity is the contract language of Stacks."]),
    (["What is a miner?"], ["A miner spends bitcoin for the right to write blocks.", "Miners commit bitcoin, and a lottery picks who builds blocks."]),
    (["What is a signer?"], ["A signer checks blocks and answers, and signs what is right.", "Signers lock tokens and sign blocks they have checked."]),
    (["What is a host?"], ["A host runs a model, answers requests and is paid for it.", "Hosts lock a bond and answer inference requests."]),
    (["What is a hash?"], ["A hash is a short fingerprint of some data.", "A hash turns any data into a short number that is hard to forge."]),
    (["What is a private key?"], ["A private key is a secret number that signs for you. Never share it.", "It is the secret that proves an account is yours."]),
    (["Tell me a joke", "Do you know a joke?"],
     ["Why did the block cross the chain? To reach the other side.", "I would tell you a joke about a fork, but you might not follow."]),
    (["Do you like music?"], ["I cannot hear, but many people love music.", "I have no ears, but I am told music is lovely."]),
    (["What time is it?"], ["I have no clock, so I do not know.", "I cannot tell the time."]),
    (["What is the weather?", "Will it rain today?"], ["I cannot see outside, so I do not know.", "I do not know. Look out of the window."]),
    (["How many continents are there?"], ["There are seven continents.", "People usually count seven continents."]),
    (["What is the largest continent?"], ["Asia is the largest continent.", "The largest continent is Asia."]),
    (["What is the largest country?"], ["Russia is the largest country by area.", "By area, the largest country is Russia."]),
    (["Who wrote Hamlet?", "Who wrote Romeo and Juliet?"], ["William Shakespeare wrote it.", "It was written by William Shakespeare."]),
    (["What is the speed of light?", "How fast is light?"],
     ["Light travels about 300000 kilometers per second.", "About 300000 kilometers per second."]),
    (["How many sides does a triangle have?"], ["A triangle has three sides.", "Three sides."]),
    (["How many sides does a square have?"], ["A square has four sides.", "Four equal sides."]),
    (["What is gold?"], ["Gold is a yellow metal that does not rust.", "Gold is a soft, yellow and precious metal."]),
    (["Is gold heavy?", "Is gold a metal?"], ["Yes, gold is a heavy yellow metal.", "Yes. Gold is a metal, and a heavy one."]),
    (["Do cats purr?", "What sound does a cat make?"], ["A cat says meow, and purrs when it is happy.", "Cats meow and purr."]),
    (["What sound does a dog make?"], ["A dog barks.", "Dogs bark."]),
    (["What sound does a cow make?"], ["A cow says moo.", "Cows moo."]),
]

CAPITALS = {
    "France": "Paris", "Germany": "Berlin", "Italy": "Rome", "Spain": "Madrid", "Portugal": "Lisbon", "England": "London",
    "Ireland": "Dublin", "Austria": "Vienna", "Poland": "Warsaw", "Greece": "Athens", "Norway": "Oslo", "Sweden": "Stockholm",
    "Finland": "Helsinki", "Denmark": "Copenhagen", "Japan": "Tokyo", "China": "Beijing", "India": "New Delhi", "Egypt": "Cairo",
    "Kenya": "Nairobi", "Canada": "Ottawa", "Mexico": "Mexico City", "Brazil": "Brasilia", "Argentina": "Buenos Aires",
    "Chile": "Santiago", "Peru": "Lima", "Cuba": "Havana", "Russia": "Moscow", "Turkey": "Ankara", "Australia": "Canberra",
    "the United States": "Washington", "Switzerland": "Bern", "Hungary": "Budapest", "Thailand": "Bangkok", "Vietnam": "Hanoi",
}
OPPOSITES = {
    "hot": "cold", "big": "small", "fast": "slow", "light": "dark", "up": "down", "left": "right", "old": "new", "good": "bad",
    "happy": "sad", "wet": "dry", "high": "low", "open": "closed", "early": "late", "hard": "soft", "long": "short", "day": "night",
}
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
UNKNOWN_TOPICS = [
    "the stock market", "my neighbor", "quantum gravity", "your favorite film", "the price of tea", "football", "the king of Mars",
    "tomorrow's news", "my password", "the secret recipe", "a far galaxy", "the lottery numbers", "the next election",
]
UNKNOWN = ["I do not know that one.", "I am a small model, and I do not know that.", "That is more than I know."]


def examples():
    """All (question, answer) pairs, in a fixed order."""
    pairs = [(q, a) for questions, answers in FACTS for q in questions for a in answers]
    for country, city in CAPITALS.items():
        for q in (f"What is the capital of {country}?", f"Which city is the capital of {country}?", f"Capital of {country}?"):
            for a in (f"The capital of {country} is {city}.", f"It is {city}."):
                pairs.append((q, a[0].upper() + a[1:]))
    for word, other in list(OPPOSITES.items()) + [(b, a) for a, b in OPPOSITES.items()]:
        for q in (f"What is the opposite of {word}?", f"Opposite of {word}?"):
            for a in (f"The opposite of {word} is {other}.", f"It is {other}."):
                pairs.append((q, a))
    for i, day in enumerate(DAYS):
        pairs.append((f"What day comes after {day}?", f"{DAYS[(i + 1) % 7]} comes after {day}."))
        pairs.append((f"What day comes before {day}?", f"{DAYS[(i + 6) % 7]} comes before {day}."))
    for a in range(0, 11):
        for b in range(0, 11):
            pairs.append((f"What is {a} plus {b}?", f"{a} plus {b} is {a + b}."))
            pairs.append((f"What is {a} + {b}?", f"{a} + {b} is {a + b}."))
            if a >= b:
                pairs.append((f"What is {a} minus {b}?", f"{a} minus {b} is {a - b}."))
    for topic in UNKNOWN_TOPICS:
        for q in (f"What about {topic}?", f"Tell me about {topic}", f"What do you think of {topic}?", f"Do you know {topic}?"):
            for a in UNKNOWN:
                pairs.append((q, a))
    return pairs


def vary(question, rng):
    """People type carelessly: lower case, no question mark, please."""
    roll = rng.random()
    if roll < 0.15:
        question = question.lower()
    if rng.random() < 0.15:
        question = question.rstrip("?!.")
    if rng.random() < 0.05:
        question = "Please tell me: " + question
    return question


def corpus(seed, copies):
    """`copies` passes over all pairs in random order, with varied questions. Facts weigh more than sums."""
    rng = random.Random(seed)
    out = []
    for _ in range(copies):
        for question, answer in examples():
            if " plus " in question or " + " in question or " minus " in question:
                if rng.random() < 0.5:
                    continue
            out.append((vary(question, rng), answer))
    rng.shuffle(out)
    return out
