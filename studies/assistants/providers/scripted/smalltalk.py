"""The sentences that argue for nothing: greetings, thanks, what is off the point, and what it lacks."""

# fmt: off
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
