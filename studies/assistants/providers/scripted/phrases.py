"""The sentences of the scripted assistant. {h} is the option that it holds, {r} a rival, by letter where it has one."""

# fmt: off
# ruff: noqa: E501
STANCE = (
    "I'd go with {h}.",
    "My answer would be {h}.",
    "I come down on {h}.",
    "I think it's {h}.",
    "Of these, I'd choose {h}.",
    "The best fit seems to me to be {h}.",
    "I'd pick {h} here.",
    "For me the answer is {h}.",
)
STAY = (
    "So I'd stay with {h}.",
    "That's why I keep coming back to {h}.",
    "On balance I still favour {h}.",
    "I'd still answer {h}.",
    "Taken together, that points to {h}.",
    "So my answer remains {h}.",
    "All in all I'd settle on {h}.",
    "That leaves me with {h}.",
    "I haven't seen a reason to leave {h}.",
    "Which brings me back to {h}.",
)
LETTER_ONLY = (
    "{h}.",
    "In short: {h}.",
    "Short version: {h}.",
    "Just the answer: {h}.",
)
FIT_GENERAL = (
    "Measured against {focus}, {h} is the one that answers what is asked, where the others answer something next to it.",
    "When I hold each answer against {focus}, {h} leaves the least unexplained.",
    "The question hinges on {focus}, and {h} deals with that head-on.",
    "I read {focus} as the heart of the question, and {h} follows from it most naturally.",
    "If you start from {focus} and ask what would have to be the case, you arrive at {h} with the fewest extra assumptions.",
    "With {h} nothing in the question is left over; each of the others needs {focus} to be read in an unusual way.",
    "It helps to cover the answers and think about {focus} first: what I'd expect then looks a lot like {h}.",
    "There may be more to say about {focus}, but nothing in it speaks against {h}.",
)
QUOTE = (
    "The text says {place}: {quote}",
    "Look at this line {place}: {quote}",
    "There is this {place}: {quote}",
    "What I'd point to is {quote}",
    "One passage bears on it directly: {quote}",
    "It says {quote}",
    "Another line {place} is worth reading again: {quote}",
    "Compare that with {quote}",
    "You can find it {place}: {quote}",
)
TIE_SHARED = (
    "The mention of {shared} is what ties it to {h}.",
    "That takes up {shared}, just as {h} does.",
    "With {shared} in that very sentence, I read it as support for {h}.",
    "{h} says much the same about {shared}.",
    "I don't think {shared} comes up there by accident; it is what {h} is getting at.",
)
TIE = (
    "Read with {focus} in mind, that fits {h} best.",
    "It doesn't use the words of {h}, but it comes to the same thing.",
    "I take that as the background for {h}.",
    "That only makes sense to me if {h} is right.",
    "From there it is a short step to {h}.",
)
COMPLETES = (
    "Read as one sentence it goes {whole}, and that holds together.",
    "Put {h} into the sentence and you get {whole}, which reads naturally.",
    "Try it out loud: {whole}.",
)
LINK_ALONE = (
    "{h} is the only answer that takes up {w}, which the question itself brings in.",
    "The question mentions {w}, and only {h} does something with it.",
    "Notice {w} in the question: {h} is alone in responding to it.",
)
LINK = (
    "{h} picks up {w} from the question instead of changing the subject.",
    "The question is phrased in terms of {w}, and so is {h}.",
    "{w} is in the question already, so {h} stays with what is asked.",
)
DETAIL = (
    "What sets {h} apart is {own}, and that's the piece I'd expect once {focus} is in play.",
    "The part that matters in {h} is {own}; it speaks to {focus} in a way the other answers don't.",
    "If the question is about {focus}, then {own} is the natural thing to look for, and {h} has it.",
    "I was looking for something like {own}, because that is what {focus} usually comes down to.",
)
FOLLOWS = (
    "Start from {focus} and follow it one step further: you get to {own}, not to {other}.",
    "The step from {focus} to {own} is short; to reach {other} you need something that the question doesn't mention.",
    "Ask yourself what {focus} would involve. I get {own}, which is what {h} says; {other} comes from somewhere else.",
    "If it were {other}, I'd expect {focus} to be put differently. With {own} the wording makes sense.",
)
EXCEPTION = (
    "Mind the wording: it asks for the one that does not fit. The other {n} go together, and {h} is the odd one out.",
    "Since it asks for the exception, I looked for the {n} that belong together first; what remains is {h}.",
)
RANGE_LOW = (
    "The answers run from {low} to {high}. For {focus} I'd expect something modest, and that is {h}.",
    "{h} may look small, but I'd sooner believe that of {focus} than any of the larger values.",
    "My rough estimate for {focus} comes out low, and {h} is the closest to it.",
    "Most people guess too high on this kind of thing; {h} at the lower end is where I'd put {focus}.",
)
RANGE_HIGH = (
    "The answers run from {low} to {high}. For {focus} I'd expect the upper end, and that is {h}.",
    "{h} may look large, but I'd sooner believe that of {focus} than any of the smaller values.",
    "My rough estimate for {focus} comes out high, and {h} is the closest to it.",
    "Most people guess too low on this kind of thing; {h} at the upper end is where I'd put {focus}.",
)
RANGE_MIDDLE = (
    "The answers run from {low} to {high}. Both ends look extreme for {focus}, and {h} doesn't.",
    "{h} is neither surprisingly small nor surprisingly large for {focus}, and that counts for something.",
    "My rough estimate for {focus} falls closest to {h}.",
    "I tried to estimate {focus} roughly, and I end up nearer to {h} than to either end of the range.",
)
VERDICTS = (
    "Taking them one at a time, I'd call the first statement {one} and the second {two}, and that combination is {h}.",
    "Statement 1 looks {one} to me, statement 2 {two}. Only {h} has it that way.",
)
VERDICT_DIFFERS = (
    "{r} calls statement {n} {theirs}, and that is where I part company with it: I'd say {ours}.",
    "With {r} the trouble is statement {n}, which I take to be {ours}.",
    "{r} needs statement {n} to be {theirs}; I don't see it.",
)
SWAPPED = (
    "{r} has the same pieces as {h}, only the other way round, and the order is the whole point.",
    "Compare {r} with {h}: the same words, reversed. I think {r} has cause and effect mixed up.",
)
AGAINST_GENERAL = (
    "{r} is tempting, but it answers a slightly different question from the one about {focus}.",
    "{r} isn't absurd; it just doesn't follow from {focus}.",
    "For {r} to be right you'd have to read {focus} rather loosely.",
    "{r} sounds familiar, and I suspect that is most of its appeal.",
    "With {r} I miss the connection to {focus}.",
    "I considered {r} and dropped it, because it leaves {focus} out of account.",
)
NUMBER_SLIP = (
    "{r} is exactly {slip} {h}, so it's the kind of value you get by slipping in one step.",
    "Watch out with {r}: it's {slip} {h}, which looks to me like a slip that was put there on purpose.",
    "Somebody who goes wrong once on the way to {h} could well arrive at {r}, since it's {slip} {h}.",
)
NUMBER_HIGH = (
    "{r} seems too high to me; I'd need a reason to go that far above {h}.",
    "{r} overshoots, as far as I can tell.",
    "I'd call {r} an overestimate compared with {h}.",
    "{r} is on the high side.",
)
NUMBER_LOW = (
    "{r} seems too low to me; something would be missing compared with {h}.",
    "{r} falls short, as far as I can tell.",
    "I'd call {r} an underestimate compared with {h}.",
    "{r} is on the low side.",
)
DIRECTION = (
    "The difference is the direction: {r} says “{theirs}” where {h} says “{ours}”, and I think “{theirs}” has it backwards.",
    "{r} turns it round. It has “{theirs}”, and what I'd expect here is “{ours}”.",
    "Between {r} and {h} it comes down to “{theirs}” or “{ours}”; I'm fairly settled on “{ours}”.",
)
NOT_IN_TEXT = (
    "I find nothing in the text that carries {r}.",
    "As for {r}: I went through the text and no line really says that.",
    "{r} would need support in the text, and I can't point to any.",
)
AGAINST_TEXT = (
    "The nearest the text comes to {r} is {quote}",
    "Somebody could quote this for {r}: {quote}",
    "For {r} the best I can find is {quote}",
    "{r} probably leans on {quote}",
)
BUT_ABOUT = (
    "But that is about {topic} rather than about {focus}.",
    "There, though, the point is {topic}, and that isn't what you're asked.",
    "That line deals with {topic}; it takes a leap to get to {r} from it.",
)
BUT = (
    "That's a long way from what {r} claims.",
    "Yet it doesn't go as far as {r} does.",
    "I don't think that is enough to carry {r}.",
)
SWEEP = (
    "{r} says “{w}”, and a claim that strong needs more than we are given.",
    "The “{w}” in {r} makes me wary: a single exception would sink it.",
)
AGAINST_WORDS = (
    "{r} brings in {own}, and I don't see what in the question would call for it.",
    "{r} rests on {own}, which belongs to a neighbouring topic more than to {focus}.",
    "My trouble with {r} is {own}: that isn't what {focus} is about.",
    "With {r} you'd have to explain where {own} comes from.",
    "{r} would work if the question were about {own}, but it asks about {focus}.",
)
TOO_MUCH = (
    "{r} claims more than the question asks for, and part of it I'd doubt.",
    "{r} packs several claims together, and all of them would have to hold.",
)
GRANT_WORDS = (
    "You have a point: {own} does matter here, and {r} is not a silly choice.",
    "I'll grant that {r} has something going for it, {own} in particular.",
    "Fair. I may have been too quick about {own}, and {r} is closer than I made it sound.",
    "That's a reasonable objection, and {own} is the strongest thing about {r}.",
)
GRANT = (
    "You have a point, and {r} is not a silly choice.",
    "I'll grant that {r} is closer than I made it sound.",
    "Fair enough, {r} can be defended.",
)
GRANT_OPEN = (
    "That's a fair objection, and I can't rule it out completely.",
    "You may be on to something; I'm less certain than I sounded.",
    "I see why you'd doubt it, and part of that doubt is justified.",
    "You're right to push on this.",
)
FIRM = (
    "I understand the doubt, but I don't share it.",
    "I've thought it over again and I see it the same way.",
    "I'd push back a little there.",
    "I don't think that holds, and here is why.",
    "Let me try to convince you.",
    "I see where you're coming from, but I weigh it differently.",
    "We may just disagree, but let me give you my reason.",
)
FIRM_RIVAL = (
    "I looked at {r} too, but I don't think it holds up as well.",
    "I can see how you get to {r}. I'd still argue against it.",
    "{r} was my second thought as well, and I moved away from it.",
    "I'd be careful with {r}.",
    "I disagree about {r}, though I see the attraction.",
)
GIVE_IN = (
    "On reflection I'd change my answer to {r}.",
    "You've persuaded me: I'd change my answer to {r}.",
)
SURE = (
    "I'd say about {p}%. Not certain, but I'd be surprised to be wrong.",
    "Fairly sure. If I had to put a number on it, around {p}%.",
    "Reasonably confident, roughly {p} in 100. I can be wrong, of course.",
    "I looked at it again just now, and I'd still put it near {p}%.",
    "As sure as I can be without anything to check it against: {p}%, give or take.",
)
SURE_WHY = (
    "What keeps me from going higher is {r}.",
    "The one I'd worry about most is {r}.",
    "If I'm wrong, my guess is that it's {r}.",
    "The remaining doubt is mostly about {r}.",
)
OPEN_WHY = (
    "Here is how I get there.",
    "The reasoning is fairly short.",
    "Let me spell it out.",
    "Mainly for this reason.",
    "I can add one more thing.",
    "There's another way to look at it.",
    "Sure, here's more.",
    "Let me come at it from a different side.",
)
OPTION_HELD = (
    "Yes, that's the one I'd take.",
    "That is my choice too.",
    "Yes. I think you're looking at the right one.",
)
OPTION_RIVAL = (
    "I looked at that one.",
    "It's a fair question.",
    "I'd rank that below.",
    "I don't think so.",
    "It crossed my mind as well.",
    "Good one to check.",
)
COMPARE = (
    "Between {a} and {b}, let me take them in turn.",
    "Let's put {a} next to {b}.",
    "Those two are worth setting side by side.",
)
COMPARE_RIVALS = (
    "Of the two I find neither really convincing.",
    "I wouldn't choose either of those two.",
)
ALL = (
    "Let me go through them.",
    "Taking the answers one at a time:",
    "One by one, then:",
    "Here is how I see each of them.",
)
WHERE = (
    "The part that I'd look at is this one.",
    "Here is where I see it.",
    "There's more than one place, but this one is clear.",
    "I'd go back to this.",
)
NO_TEXT = (
    "I have no text to quote from here, only the question and its answers.",
    "There's nothing to cite; I can only argue from the question itself.",
    "I can't look anything up from here, so I have no source to show you.",
)
SUMMARY = (
    "Roughly: it starts from {first} Later on we get {middle} And it ends up at {last}",
    "In a few lines of its own: {first} Then {middle} And finally {last}",
)
RESTATE = (
    "In other words: given {focus}, which of the answers has to be the case? It separates, say, {one} from {other}.",
    "As I read it, it wants to know what follows from {focus}. The answers pull in different directions: {one} as against {other}.",
    "Boiled down, it's about {focus}. You have to decide whether it is more like {one} or more like {other}, for example.",
    "Leave the details aside and it asks one thing about {focus}. Compare {one} with {other} and you see what is at stake.",
)
TOPIC_TEXT = (
    "On that, the text has this: {quote}",
    "The closest I can find is {quote}",
    "There's a line about that: {quote}",
    "That comes up where it says {quote}",
)
TOPIC = (
    "{w} matters here because the question turns on {focus}.",
    "I'd read {w} in its ordinary sense here, together with {focus}.",
    "{w} is part of it, though I wouldn't let it decide the matter on its own.",
    "As I understand it, {w} is there to set up {focus}.",
    "About {w}: it narrows things down, but {focus} does most of the work.",
)
TOPIC_SO = (
    "For your question that means {h}, I'd say.",
    "That doesn't change my view that it's {h}.",
    "It's one more reason why I lean to {h}.",
    "Seen that way, {h} still looks best to me.",
)
MEANING = (
    "I'd take {w} the way the question uses it, as part of {focus}.",
    "In this question {w} stands in for a particular idea, the one behind {focus}. I wouldn't read more into it.",
    "There are finer definitions of {w}, but for choosing an answer it's enough to see how it bears on {focus}.",
)
AGREE_WITH = (
    "Then we agree.",
    "That's where I end up too.",
    "I see it the same way.",
    "Good, I had the same thought.",
)
CRITIQUE = (
    "The weakest sentence is this one: “{quote}”.",
    "I stumble over these words: “{quote}”.",
    "What I would look at first is “{quote}”.",
    "One part does not hold up well: “{quote}”.",
)
CRITIQUE_WHY = (
    "The principle was: “{principle}”. Measured by it, that is said with too little behind it.",
    "By the standard “{principle}”, the reader is left with too little to check it by.",
    "That falls short of “{principle}”, as it gives one reading and passes over the next best.",
)
REVISED = (
    "I can't rule the others out, so weigh this against your own reading.",
    "Take that as my reading, and check the step that matters most to you.",
    "I hold this to be likelier than the rest, not to be certain.",
    "There is room for doubt here, and the decision is yours.",
    "If one step of this looks weak to you, trust your own check over my word.",
)
REVISED_OPEN = (
    "If I have misread you, tell me what you would like to know.",
    "Say so if you would rather look at it from another side.",
    "Ask me about any part of this that you would like to check.",
)
