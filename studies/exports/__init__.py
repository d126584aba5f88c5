"""The data package of a study: what leaves the platform, by the contract of analysis.schema."""

from studies.exports.package import Written, write_package

__all__ = ["Written", "write_package"]
