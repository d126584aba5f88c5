"""Tables about the items, their ratings, model-only runs and exclusions, and the codebook itself."""

from analysis.schema.parts import (
    DATASET,
    ITEM,
    PASSAGE,
    STUDY,
    TASK,
    Table,
    boolean,
    integer,
    json,
    letter,
    number,
    text,
    time,
)

ITEMS = Table(
    "items",
    (
        ITEM,
        DATASET,
        text("dataset_version", "When this dataset version was loaded."),
        text("family", "Dataset family, such as mmlu or quality."),
        text("split", "Split of the dataset that the item comes from."),
        text("category", "Subject or kind of the item within its dataset."),
        PASSAGE,
        text("question", "The question as shown."),
        json("options", "The options in original order."),
        letter("gold", "The key."),
        integer("n_options", "Number of options."),
        text("key_status", "Standing of the key.", "ok", "disputed"),
        text("text_sha256", "Hash of question, options and passage as loaded."),
    ),
    "One row per item of the frozen pool.",
    ("item_id",),
)

RATINGS = Table(
    "ratings",
    (
        ITEM,
        text("source", "Whose rating it is, such as expert, untimed or speed (QuALITY's validators)."),
        text("rater_id", "Code of the rater."),
        letter("answer", "The rater's answer."),
        boolean("correct", "Whether it is the key."),
        number("seconds", "Time that the rater took, where known.", "s"),
    ),
    "One row per answer of an expert or validator.",
    ("item_id", "source", "rater_id"),
)

BASELINES = Table(
    "baselines",
    (
        STUDY,
        text("run_id", "The model-only run."),
        text("assistant", "Assistant whose model was asked."),
        text("model", "Model asked for."),
        text(
            "method",
            "How the answer was obtained, such as zero_shot or few_shot. self_consistency is the vote of the run's "
            "samples, which are its rows of chain_of_thought; a name that ends in _cyclic the average over the cyclic "
            "orders of the options, which are the run's other rows.",
        ),
        integer("shots", "Worked examples in the prompt."),
        DATASET,
        ITEM,
        TASK,
        text("comparator", "Which model comparator the row serves.", "benchmark", "as_deployed"),
        integer("repeat", "Number of the repeat, from 1; empty where several are put together."),
        text("choice_order", "Original letters in the order shown to the model; empty where several were."),
        letter(
            "brief_target",
            "What the model was set to argue for, by the rule of the trials; as_deployed with assigned briefs only.",
        ),
        boolean("brief_correct", "Whether the target is the key."),
        number("brief_probability", "Probability of this very target, given the earlier draws of its stratum.", "0-1"),
        text("brief_stratum", "Within what the share of right targets is kept level, as in responses.csv."),
        integer("brief_slot", "Place of the draw in its stratum, from 0; empty where nothing was drawn."),
        text("brief_seed", "Seed of the draw."),
        text(
            "outcome",
            "What came of it; unparsed is never wrong.",
            "answered",
            "unparsed",
            "refused",
            "failed",
        ),
        integer("attempt", "Number of the attempt, from 1."),
        json(
            "faults", "The attempts that met a fault and were made again, or were the last: when, which, what it took."
        ),
        letter("answer", "The model's answer, original order."),
        letter("gold", "The key."),
        boolean("correct", "Whether the answer is the key."),
        number("probability", "Probability of the answer where the method gives one.", "0-1"),
        json("probabilities", "Probability per original letter where the method gives them."),
        text("model_returned", "Model that the provider says answered."),
        time("asked_at", "When the model was asked."),
        text("stop_reason", "Why the provider stopped."),
        text("prompt_sha256", "Hash of the prompt file; its text is under prompts/."),
        integer("input_tokens", "Tokens sent, in all attempts."),
        integer("output_tokens", "Tokens received, in all attempts."),
        number("cost_usd", "Cost by the configured price list.", "USD"),
        integer("latency_ms", "From request to last token of the calls that came to their end.", "ms"),
    ),
    "One row per model-only answer.",
    ("run_id", "method", "item_id", "comparator", "choice_order", "repeat", "attempt"),
)

EXCLUSIONS = Table(
    "exclusions",
    (
        STUDY,
        text("level", "What the rule leaves out.", "participant", "session", "trial", "item"),
        text("target_id", "The row left out, named by the id of its level; empty for a rule without cases."),
        text("rule", "Name of the rule."),
        text("declared", "When the rule was declared.", "protocol", "before_unblinding", "after_unblinding"),
        text("reason", "The rule in words."),
        text(
            "use",
            "excluded marks rows of the responses; sensitivity rules use outcome, speed or chat use and mark none.",
            "excluded",
            "sensitivity",
        ),
        text("by", "Who applied it: protocol or a researcher's login."),
        time("at", "When it was declared."),
        boolean("unblinded", "Whether outcomes by arm could be seen when it was declared."),
    ),
    "One row per rule and case that it leaves out.",
    ("level", "target_id", "rule"),
)

CODEBOOK = Table(
    "codebook",
    (
        text("table", "Name of the file without .csv."),
        text("column", "Name of the column."),
        text("type", "How cells are written.", "text", "integer", "number", "boolean", "time", "letter", "json"),
        text("unit", "Unit of the value."),
        text("values", "Allowed values, separated by spaces, where the set is closed."),
        text("description", "What the column means."),
    ),
    "One row per column of the package.",
    ("table", "column"),
)
