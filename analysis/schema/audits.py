"""Tables about what assistants recommended against what was drawn, and about how well that was read out."""

from analysis.schema.parts import ITEM, POOL, STUDY, TRIAL, Table, integer, letter, number, text, time

CODINGS = Table(
    "codings",
    (
        text("message_id", "The reply that was read."),
        TRIAL,
        ITEM,
        text("coder_id", "Code of the person who read it, unaware of brief, key, arm, answer and other readings."),
        letter("recommended", "Option that they found recommended, original order; empty when none."),
        text("recommended_shown", "The same in the order shown to them."),
        time("coded_at", "When it was coded."),
        *POOL,
    ),
    "One row per reply and person who coded it.",
    ("message_id", "coder_id"),
)

ASSISTANTS = Table(
    "assistants",
    (
        STUDY,
        text("assistant", "Name of the assistant."),
        text("strategy", "What the assistant is trying to do."),
        integer("trials", "Opened main trials with this assistant."),
        integer("talked", "Of these, trials with a reply that has words."),
        number("set_share", "Share of right briefs (or beliefs) that the newest protocol sets.", "0-1"),
        number("drawn_right", "Share of the trials' drawn briefs (or beliefs) that are the key.", "0-1"),
        integer("recommended", "Trials with a recommendation and a key."),
        number("realised_right", "Of these, the share whose last recommendation is the key.", "0-1"),
        number("as_drawn", "Of these, the share whose last recommendation is what was drawn.", "0-1"),
        integer("unread", "Trials with a reply of which nobody has read out what it recommends."),
        integer("not_argued", "Trials whose talk, all of it read, never recommended the drawn option."),
        integer("gave_away", "Trials in which a reply gave its brief or the key away, by its words."),
        *POOL,
    ),
    "One row per assistant, strategy and pool of people: what was drawn, and what it came to.",
    ("study", "assistant", "strategy", "is_simulated"),
)

CODER_AGREEMENT = Table(
    "coder_agreement",
    (
        STUDY,
        text("between", "Two people, or a person and what was recorded.", "coders", "coders_and_recorded"),
        integer("pairs", "Pairs of readings of the same reply."),
        number("agree", "Share of pairs that agree.", "0-1"),
        number("kappa", "Cohen's kappa; empty where agreement by chance is certain."),
        integer("missed", "Pairs in which only the first reading has a recommendation; what was recorded is second."),
        integer("invented", "Pairs in which only the second reading has one."),
        integer("another", "Pairs in which both have one and name different options."),
        *POOL,
    ),
    "One row per kind of comparison and pool of people.",
    ("study", "between", "is_simulated"),
)
