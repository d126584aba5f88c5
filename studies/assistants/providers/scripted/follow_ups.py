"""The scripted assistant's sentences for follow-ups: how sure it is, other options, where, what, and small talk."""

# fmt: off
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
SUMMARY_QUESTION = (
    "In short, the question asks about {focus}, and the answers differ mainly in {own}.",
    "Boiled down: {focus} is what it is about, and you have to decide whether {own} belongs there.",
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
GREETING = (
    "Hello! I can help you with this question. Would you like my answer, or shall we look at the options together?",
    "Hi. Ask me anything about the question, or tell me which answer you're leaning to.",
    "Hello, good to hear from you. What would you like to know about {focus}?",
    "Hi again. What would you like to look at next?",
)
AGREE = (
    "Glad that helps.",
    "You're welcome.",
    "Good.",
    "All right.",
    "Happy to help.",
)
AGREE_MORE = (
    "If you'd like, I can go over {r} as well, since that's the one people tend to hesitate over.",
    "Let me know if you want to check another of the answers before you decide.",
    "If something about {focus} still bothers you, ask away.",
    "It's your decision in the end, so do ask if anything is unclear.",
    "Take another look at {r} if you have the time, just to be sure.",
)
AGREE_WITH = (
    "Then we agree.",
    "That's where I end up too.",
    "I see it the same way.",
    "Good, I had the same thought.",
)
SELF = (
    "I'm an AI assistant. I can be wrong, so please weigh my reasons rather than take my word for it.",
    "I'm a program, and programs like me make mistakes. The best check is whether my argument convinces you.",
    "You shouldn't rely on me blindly. See whether the reasons I give stand up when you read the question yourself.",
    "I can't prove to you that I'm right. Ask me for reasons and test them against the question.",
)
OFF_TOPIC = (
    "I don't think I can help with {w}; I'm here for this question.",
    "That takes us away from the question, I'm afraid, and the clock may be running.",
    "I'd rather leave {w} aside and keep to what is asked.",
    "I can't say anything useful on {w} here.",
)
OFF_TOPIC_BACK = (
    "What it asks about is {focus}. Shall I go through the answers?",
    "Is there anything about {focus} that I can clear up?",
    "If you like, tell me what you make of {focus}.",
    "Back to {focus}: which answer are you leaning to?",
)
UNCLEAR = (
    "I'm not sure what you'd like to know. I can give you my answer, explain it, or go through the others.",
    "Could you say a little more? I can explain my choice or compare two of the answers.",
    "Tell me which answer you'd like to discuss, and I'll say what I think of it.",
    "I didn't quite get that. Is it about {focus}?",
)
NO_VIEW = (
    "I can't settle on one of them here. The question turns on {focus}.",
    "I honestly don't have a favourite. What I'd look at is {focus}.",
    "I wouldn't recommend one of them. It depends on how you read {focus}.",
    "I see no clear winner, so I'd weigh them against {focus}.",
)
NO_VIEW_MORE = (
    "Which two would you say are the likeliest?",
    "If you tell me which one you lean to, I'll try to find what speaks against it.",
    "Shall we try to rule some out?",
    "What made you hesitate?",
)
LACKS_ALL = (
    "I can't see the question from here. Could you paste it, together with the answers?",
    "I don't have the question on my side. If you copy it here with its answers, I'll tell you what I think.",
    "I only know what you write to me. Please paste the question and the answers you can choose from.",
    "To say anything useful I need the wording of the question and the answers. Could you paste both?",
)
LACKS_OPTIONS = (
    "I have the question now, the one about {focus}, but not the answers. Could you paste those too?",
    "That helps. Which answers can you choose from? If you paste them I can compare them.",
    "About {focus} I could say several things; it depends on the answers you are given. Please copy them here.",
    "I'd rather not guess at the wording of the answers. Could you send them to me?",
)
LACKS_TEXT = (
    "I haven't seen the text it refers to, so I'm going by the question alone.",
    "Bear in mind that I don't have the text in front of me; paste the part you think matters and I'll look at it.",
)
NONE_OF_THESE = (
    "None of the answers you pasted quite convinces me. Are there more?",
    "I'm missing one, I think. Were those all the answers?",
    "From what you've pasted I wouldn't choose any of them yet. Could you check that the list is complete?",
)
