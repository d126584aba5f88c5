"""The analysis of a study's data package: estimates with honest intervals, and a report. No Django."""
