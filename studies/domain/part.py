"""What every table of a study file has in common."""

from pydantic import BaseModel, ConfigDict, Field

Name = Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")


class Part(BaseModel):
    """A table of the study file; an unknown key is refused, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
