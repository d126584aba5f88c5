"""Static files as a production server hands them out."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class CollectedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Also renames what a JavaScript module imports; without it a browser would mix modules of two versions."""

    support_js_module_import_aggregation = True
