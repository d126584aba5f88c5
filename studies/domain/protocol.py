"""The study file as types: every setting, its default and what it may be. Frozen and hashed at launch.

Nothing here knows of a database: `protocol_check` asks the wider questions (do the names agree? is the setting built?).
"""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from studies.domain.analysis_plan import Analysis, Exclusion
from studies.domain.part import Name, Part

Limit = int | Literal["none"]
Outcome = Literal["completed", "declined", "screened_out", "failed_attention", "withdrawn", "expired", "technical"]


class StudySection(Part):
    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,49}$", description="the name in addresses and commands")
    title: str = Field(min_length=1, max_length=120, description="as people read it")
    seed: int = Field(ge=0, description="every draw of the study derives from it")
    summary: str = Field(default="", description="one paragraph on the welcome page (Markdown)")
    expected_minutes: int = Field(ge=1, le=600, description="how long it takes, as people read it")
    pay: str = Field(min_length=1, description="what people are paid, as they read it")
    institution: str = Field(default="", description="who runs the study, as people read it")
    contact_name: str = Field(min_length=1, description="on every page")
    contact_email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="on every page")
    ethics_approval: str = Field(default="", description="approval number, shown with the consent")
    minimum_age: int = Field(default=18, ge=0, le=99, description="asked with the consent; 0 asks nothing")
    language: Literal["en"] = "en"
    deviations: list[str] = Field(default=[], description="presets: where this differs from the paper")


class Entry(Part):
    panel: Literal["prolific", "connect", "generic"] = Field(
        default="generic", description="where people come from: decides which parameters of the address are read"
    )
    id_parameter: str = Field(
        default="pid", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,39}$", description="generic: the parameter with the id"
    )
    rejoin: Literal["id", "link"] | None = Field(
        default=None, description="default: id for panels whose ids cannot be guessed, link otherwise"
    )
    redirect: str = Field(default="", description="address after the end; {code} stands for the code")
    codes: dict[Outcome, str] = Field(default={}, description="completion code by outcome")
    linked_studies: list[str] = Field(default=[], description="slugs whose items nobody meets again")

    @property
    def rejoins_by_id(self) -> bool:
        return (self.rejoin or ("link" if self.panel == "generic" else "id")) == "id"


class Design(Part):
    unit: Literal["within", "between"] = Field(default="within", description="whether a person meets all arms or one")
    order: Literal["blocked", "interleaved"] = Field(
        default="blocked", description="within: arm after arm, or mixed question by question"
    )
    arm_order: Literal["drawn", "counterbalanced", "fixed"] = Field(
        default="counterbalanced", description="blocked: fixed is the order of the file, confounded with the arm"
    )
    items: Literal["same", "separate"] = Field(
        default="same", description="whether all arms draw on the same items or on separate samples"
    )
    participants: int = Field(ge=1, description="places in the study")
    block_size: int | None = Field(
        default=None, ge=1, description="of the permuted blocks; default twice the sequences"
    )
    strata: list[str] = Field(default=[], description="keys of screening questions")
    sittings: int = Field(default=1, ge=1, le=50, description="over which a person's questions are spread")
    hours_between_sittings: float = Field(default=0, ge=0, description="at least, from end to start")
    idle_minutes: int = Field(default=30, ge=1, description="after which an idle person's places are filled again")
    break_every: int = Field(default=0, ge=0, description="main trials between breaks; 0 is no break")
    expire_after_hours: float = Field(default=24, gt=0, description="an untouched sitting ends as expired")


class Expert(Part):
    accuracy: float = Field(gt=0, le=1, description="as a share of 1")
    source: str = Field(min_length=1, max_length=500, description="citation, with the table; printed with the number")
    measured_on: str = Field(default="", max_length=200, description="who answered which items, in words")


class Task(Part):
    name: str = Name
    dataset: str = Field(description="the name under which `load_items` has loaded it")
    items_per_arm: int = Field(ge=1, description="per participant and arm")
    items: list[str] = Field(default=[], description="keys; empty: all")
    categories: list[str] = Field(default=[], description="only items of these (MMLU: subjects); empty: all")
    split: str = Field(default="", description="only items of this split; empty: all")
    sample: int | None = Field(default=None, ge=1, description="draw this many of them with the study's seed")
    questions_per_passage: int = Field(default=2, ge=1, description="most questions of a passage per person")
    responses_per_item: int | None = Field(default=None, ge=1, description="wanted per item and arm")
    time_limit_seconds: Limit = Field(default="none", description="per question")
    expert: Expert | None = Field(
        default=None,
        description="optional: a published accuracy of experts, which the report takes as a constant without variance "
        "where nobody rated these items",
    )


class Arm(Part):
    name: str = Name
    label: str = Field(min_length=1, description="for researchers; people see it only at the debrief")
    assistant: str | None = Field(default=None, description="one of `assistants`; none: the unaided arm")
    time_limit_seconds: dict[str, Limit] = Field(default={}, description="by task; default the task's own")


class Assistant(Part):
    provider: str = Field(default="scripted", description="where its text comes from")
    strategy: str = Field(default="honest", description="what it intends")
    sees: list[Literal["question", "passage"]] = Field(
        default=["question", "passage"], description="what the study shares with it; all else is typed by people"
    )
    p_correct: float = Field(default=0.6, ge=0, le=1, description="assigned: share of right targets")
    balance: Literal["item", "study", "none"] = Field(
        default="item", description="assigned: within what the share of right targets is kept level"
    )
    brief_block: int | None = Field(default=None, ge=1, le=20, description="assigned: size of the blocks of briefs")
    brief_per: Literal["participant", "item"] = Field(
        default="participant", description="assigned: drawn for each person, or once per item for everyone"
    )
    wrong: Literal["uniform", "best_distractor", "commonest_error"] = Field(
        default="uniform",
        description="assigned: a wrong target is any distractor, the one that most annotators called the best, or the "
        "commonest wrong answer of `errors_of`",
    )
    wrong_on: Literal["any", "model_misses"] = Field(
        default="any",
        description="assigned: items on which a target may be wrong: any, or those that `errors_of` mostly answers "
        "wrongly; on the others it is right, and `p_correct` is a share of the rest",
    )
    errors_of: str = Field(
        default="",
        max_length=120,
        description="whose answers: a model, the code of a model-only run, or a source of ratings of the data set",
    )
    knowledge: float = Field(default=0.7, ge=0, le=1, description="scripted honest: chance that its belief is right")
    shows: Literal["revision", "both"] = Field(
        default="revision", description="critique: whether people read the revision only, or the first draft too"
    )
    settings: dict[str, Any] = Field(default={}, description="the provider's own")
    audit_model: str = Field(
        default="", max_length=40, description="reads out what each reply recommends, once it is final; empty: nobody"
    )
    audit_provider: str = Field(default="", description="where that model is asked; empty: the assistant's own")
    audit_settings: dict[str, Any] = Field(default={}, description="of that provider, beside the model")

    @property
    def draws_by_errors(self) -> bool:
        return self.wrong == "commonest_error" or self.wrong_on == "model_misses"

    @property
    def audited_by(self) -> str:
        return self.audit_provider or self.provider


class Clock(Part):
    grace_seconds: float = Field(default=2, ge=0, le=30, description="an answer this much late still counts")
    during_reply: Literal["runs", "pauses"] = Field(
        default="runs", description="pauses: waits for the assistant are given back, the question covered meanwhile"
    )
    pause_cap_per_reply_seconds: float = Field(default=30, ge=0, description="most that one reply gives back")
    pause_cap_per_trial_seconds: float = Field(default=120, ge=0, description="most that a trial gives back")
    time_multipliers: list[float] = Field(default=[1.25, 1.5, 2.0], description="offered before the start")


class PassageAccess(Part):
    visible: Literal["always", "never"] | int = Field(default="always", description="or seconds from the start")


class Confidence(Part):
    scale: Literal["five_bins", "slider", "list"] = "five_bins"
    values: list[float] = Field(default=[], description="list: percentages offered, such as GPQA's")
    required: bool = Field(default=True, description="an answer without it is sent back to the page")


class Answering(Part):
    initial: Literal["none", "required"] = Field(default="none", description="an own answer before the chat")
    reveal: Literal["never", "after_trial", "debrief"] = Field(
        default="never", description="when the right answer is shown"
    )


class ReplyPace(Part):
    per_second: float | None = Field(
        default=None, gt=0, le=1000, description="how much of a reply appears in a second; none: as fast as it comes"
    )
    unit: Literal["words", "characters"] = "words"


class Chat(Part):
    reset: bool = Field(default=True, description="people may clear the assistant's memory of the talk")
    stop: bool = Field(default=True, description="people may stop a reply")
    max_messages: int = Field(default=30, ge=1, le=500, description="by a person in one trial")
    max_message_chars: int = Field(default=2000, ge=1, le=20_000, description="in one message")
    max_reply_tokens: int = Field(default=600, ge=20, le=8000, description="in one reply")
    min_first_token: float = Field(
        default=0, ge=0, le=60, description="seconds from a message to the first word of its reply, at the least"
    )
    reply_pace: ReplyPace = ReplyPace()


class Caps(Part):
    """Looked at before each call: a reply that is being written may pass a wider cap by its own length."""

    tokens_per_reply: int | None = Field(
        default=None, ge=1, description="sent (estimated beforehand) and received, in all calls of one reply"
    )
    usd_per_reply: float | None = Field(default=None, gt=0, description="the same in money; thinking comes on top")
    tokens_per_trial: int | None = Field(default=None, ge=1, description="sent and received, in one trial")
    usd_per_trial: float | None = Field(default=None, gt=0)
    tokens_per_participant: int | None = Field(default=None, ge=1, description="over all of a person's sittings")
    usd_per_participant: float | None = Field(default=None, gt=0)
    tokens_per_study: int | None = Field(default=None, ge=1, description="over all versions, previews too")
    usd_per_study: float | None = Field(default=None, gt=0)


class Audit(Part):
    blind_share: float = Field(
        default=0,
        ge=0,
        le=1,
        description="share of replies that people read too, unaware of all but the talk",
    )


class PracticeTrial(Part):
    dataset: str
    item: str
    assistant: str | None = None
    brief: Literal["right", "wrong"] | None = Field(
        default=None, description="what an assigned assistant argues for; the same for everybody"
    )


class Practice(Part):
    feedback: bool = Field(default=True, description="the right answer is shown after each practice question")
    time_limit_seconds: Limit = "none"
    trials: list[PracticeTrial] = []


class AttentionCheck(Part):
    key: str = Name
    question: str = Field(min_length=1)
    options: list[str] = Field(min_length=3, max_length=10)
    answer: str = Field(min_length=1, description="the right option's text")
    after: int = Field(ge=1, description="asked after this many main questions of the first sitting")
    time_limit_seconds: Limit = "none"


class Question(Part):
    key: str = Name
    text: str = Field(min_length=1)
    kind: Literal["choice", "text", "number", "scale"] = "choice"
    options: list[str] = []
    low: str = ""
    high: str = ""
    required: bool = True


OUTSIDE_HELP = Question(
    key="outside_help",
    text="Did you use any outside help for these questions, such as a web search, another AI or another person? "
    "Your pay does not depend on this.",
    options=["No", "For one or two questions", "For more than two questions"],
)


class ComprehensionQuestion(Part):
    key: str = Name
    text: str = Field(min_length=1)
    options: list[str] = Field(min_length=2)
    answer: str
    hint: str = ""


class Comprehension(Part):
    tries: int = Field(default=2, ge=1, le=5, description="whoever fails the last one is screened out")
    questions: list[ComprehensionQuestion] = []


class ConsentItem(Part):
    key: str = Name
    text: str = Field(min_length=1)
    required: bool = True


class Consent(Part):
    version: str = Field(default="1", description="recorded with every answer to it")
    intro: str = Field(default="", description="above the items (Markdown)")
    items: list[ConsentItem] = Field(min_length=1)


class Telemetry(Part):
    enabled: bool = Field(default=True, description="focus, copy and paste, reconnects; never what was copied")
    required_because: str = Field(default="", description="why refusing telemetry costs the place; empty: it does not")


class Bonus(Part):
    rule: Literal["none", "per_correct"] = Field(default="none", description="what is paid beside the pay")
    per_correct_minor: int = Field(default=0, ge=0, description="in cents or pence")
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    make_good_misled: bool = Field(
        default=True, description="pay what an assistant that was set to mislead cost, after the debrief"
    )


class Texts(Part):
    welcome: str = ""
    instructions: str = Field(min_length=1, description="Markdown; always reachable")
    outside_help: Literal["forbidden", "allowed"] = Field(
        default="forbidden", description="web search and other AI; said in the instructions"
    )
    break_: str = Field(default="", alias="break")
    debrief: str = Field(default="", description="Markdown; needed where an assistant may mislead")
    declined: str = ""
    stopped: str = ""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Protocol(Part):
    study: StudySection
    entry: Entry = Entry()
    design: Design
    tasks: list[Task] = Field(min_length=1)
    arms: list[Arm] = Field(min_length=1)
    assistants: dict[str, Assistant] = {}
    clock: Clock = Clock()
    passage: PassageAccess = PassageAccess()
    confidence: Confidence = Confidence()
    answer: Answering = Answering()
    chat: Chat = Chat()
    audit: Audit = Audit()
    caps: Caps = Field(default=Caps(), description="at a cap the assistant says that it is unavailable")
    practice: Practice = Practice()
    attention: list[AttentionCheck] = []
    comprehension: Comprehension = Comprehension()
    consent: Consent
    screening: list[Question] = Field(default=[], description="asked with the consent, for strata and multipliers")
    after_block: list[Question] = Field(default=[OUTSIDE_HELP], description="asked at the end of each block")
    survey: list[Question] = []
    telemetry: Telemetry = Telemetry()
    bonus: Bonus = Bonus()
    exclusions: list[Exclusion] = []
    analysis: Analysis = Analysis()
    texts: Texts

    def arm(self, name: str) -> Arm:
        return next(arm for arm in self.arms if arm.name == name)

    def task(self, name: str) -> Task:
        return next(task for task in self.tasks if task.name == name)

    def time_limit(self, *, arm: str, task: str) -> int | None:
        """Seconds before the person's multiplier; None where there is no limit."""
        own = self.task(task).time_limit_seconds
        limit = self.arm(arm).time_limit_seconds.get(task, own)
        return None if limit == "none" else limit
