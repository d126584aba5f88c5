"""Every setting comes from the environment; the defaults run embedded on one machine without any service."""

import warnings
from pathlib import Path

import environ

from oversight.secrets import kept_secret
from studies.domain.prices import DEFAULT_PRICES, price_table

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
VAR_DIR = Path(env.str("OVERSIGHT_VAR_DIR", default="") or BASE_DIR / "var")

DEBUG = env.bool("OVERSIGHT_DEBUG", default=False)
SECRET_KEY = env.str("OVERSIGHT_SECRET_KEY", default="") or kept_secret(VAR_DIR / "secret_key")
ALLOWED_HOSTS = env.list("OVERSIGHT_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("OVERSIGHT_TRUSTED_ORIGINS", default=[])
CONTACT_EMAIL = env.str("OVERSIGHT_CONTACT_EMAIL", default="")  # on pages that know no study, such as errors
APP_VERSION = "0.1.0"

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "studies",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # a passage and its page stay under 60 kB
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "studies.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "oversight.urls"
ASGI_APPLICATION = "oversight.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# IMMEDIATE: deferred transactions of several writers meet "database is locked"; FULL: an answer survives a power cut.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 10,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
}

DATABASE_URL = env.str("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'oversight.sqlite3'}")
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
    # Several threads and processes share the test database, so it lives in a file, as in use.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    # socket_timeout None: an idle consumer dies after 5 s otherwise; the pool stops at 100 unless told.
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {
                "hosts": [{"address": REDIS_URL, "socket_timeout": None, "max_connections": 4000}],
            },
        }
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")
CELERY_TASK_DEFAULT_QUEUE = env.str("OVERSIGHT_QUEUE", default="celery")  # each installation at a broker has its own
CELERY_BEAT_SCHEDULE = {
    # expires: a worker that was away does not work through every sweep that it missed.
    "close-overdue-trials": {"task": "studies.tasks.sweep", "schedule": 5.0, "options": {"expires": 5.0}},
}
CELERY_TIMEZONE = "UTC"

# Requests to model services at once, per process; more wait, participants in turn.
MAX_REQUESTS_IN_FLIGHT = env.int("OVERSIGHT_MAX_REQUESTS_IN_FLIGHT", default=50)
# USD per million tokens by model name pattern, the first that fits. A model without a price has no cost (not zero).
PRICES = price_table(env.json("OVERSIGHT_PRICES", default=None) or DEFAULT_PRICES)

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
# Collected: `collectstatic` has run; files are compressed and named by content. Otherwise they are served from source.
COLLECTED_STATIC = env.bool("OVERSIGHT_COLLECTED_STATIC", default=False)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "oversight.static.CollectedFiles"
        if COLLECTED_STATIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not COLLECTED_STATIC
warnings.filterwarnings("ignore", message="No directory at: .*staticfiles")  # nothing is collected: as intended

LOGIN_URL = "research:login"
LOGIN_REDIRECT_URL = "research:home"

HTTPS = env.bool("OVERSIGHT_HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("OVERSIGHT_BEHIND_PROXY", default=False) else None
)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "studies.views.participant.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("OVERSIGHT_LOG_LEVEL", default="WARNING")},
}
