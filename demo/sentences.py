"""Plain English sentences from a small grammar, to pre-train the demo's model on."""

from random import Random

PEOPLE = (
    "teacher farmer doctor sailor painter singer writer neighbor soldier baker nurse king friend "
    "cousin driver hunter waiter lawyer captain student stranger dancer"
).split()
WOMEN = "woman girl queen mother sister aunt daughter lady wife grandmother princess".split()
MEN = "man boy king father brother uncle son gentleman husband grandfather prince".split()
THINGS = (
    "book letter key table chair window door picture basket boat house garden bridge lamp coat "
    "hat box ring clock song road river tree cup ship horse dog cat"
).split()
STUFF = "milk bread water money time snow work noise salt tea gold rain food light".split()
QUALITIES = (
    "old young tall kind quiet brave poor rich tired happy sad red blue green small large long "
    "short heavy new cold warm dark bright clean"
).split()
PLACES = (
    "in the garden|near the river|by the door|at the market|on the hill|in the kitchen|"
    "behind the house|under the tree|at home|in the town"
).split("|")
ACTIONS = (  # present with she, with they, past, participle
    "sings sing sang sung|takes take took taken|writes write wrote written|sees see saw seen|"
    "knows know knew known|gives give gave given|draws draw drew drawn|hides hide hid hidden|"
    "steals steal stole stolen|breaks break broke broken|forgets forget forgot forgotten"
).split("|")
PATTERNS = """
The {one} is {fine} and the {many} are {poor}.
The {many} are {fine} but the {one} is {poor}.
The {one} was {fine} when the {many} were {poor}.
The {many} were {poor} because the {one} was {fine}.
The {one} has a {fine} {thing} and the {many} have a {poor} {object}.
The {one} {place} is {fine}, but the {many} {there} are {poor}.
The {thing} of the {many} was {fine}.
The {things} of the {one} were {poor}.
The {one} does the work and the {many} do nothing {place}.
She bought this {thing} and sold those {objects}.
He saw that {thing} and these {objects} {place}.
I like these {things} but not that {object}.
They took those {things} and left this {object} {place}.
The {woman} saw herself in the {thing} {place}.
The {man} saw himself in the {thing} {place}.
The {man} hurt himself and the {woman} helped him.
The {woman} hurt herself and the {man} helped her.
He met the {one} who had given him the {thing}.
The {man} said that she was {fine} and her {thing} was {poor}.
When they came, he gave them the {thing} and we thanked him {place}.
She thanked the {many} who had helped her {place}.
They know the {man} who gave them the {fine} {thing}.
We saw the {many} and they saw us {place}.
I gave the {thing} to the {one} who had asked me for it.
The {one} asked us for {stuff} but we had no {other}.
The {one} {past} the {thing} that the {many} had {done}.
The {many} had {done} the {thing} before the {one} {past} it.
She {does} the {thing} and they {do} the {object}.
There is some {stuff} {place} but there is not any {other}.
He did not want any {stuff} but he wanted some {other}.
We have much {stuff} but not many {things}.
There are too many {things} and there is too much {stuff} {place}.
The {one} who lives {place} has a {thing} which is {fine}.
I know a {fine} {one} who has a {thing} which {happened} {place}.
""".strip().splitlines()


def make_sentence(random: Random) -> str:
    does, do, past, done = random.choice(ACTIONS).split()
    one, other_one = random.sample(PEOPLE, 2)
    thing, other_thing = random.sample(THINGS, 2)
    fine, poor = random.sample(QUALITIES, 2)
    stuff, other = random.sample(STUFF, 2)
    place, there = random.sample(PLACES, 2)
    return random.choice(PATTERNS).format(
        one=one,
        many=plural(other_one),
        woman=random.choice(WOMEN),
        man=random.choice(MEN),
        thing=thing,
        things=plural(thing),
        object=other_thing,
        objects=plural(other_thing),
        fine=fine,
        poor=poor,
        stuff=stuff,
        other=other,
        place=place,
        there=there,
        does=does,
        do=do,
        past=past,
        done=done,
        happened=random.choice(("stood", "fell", "lay", "broke")),
    )


def plural(noun: str) -> str:
    return f"{noun}es" if noun.endswith(("x", "s", "ch")) else f"{noun}s"
