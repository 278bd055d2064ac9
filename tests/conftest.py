"""How long Hypothesis looks: the same cases each time; `--hypothesis-profile=long` draws many new ones."""

from hypothesis import HealthCheck, settings

QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]

settings.register_profile(
    "short", max_examples=100, deadline=None, suppress_health_check=QUIET, derandomize=True
)
settings.register_profile("long", max_examples=10_000, deadline=None, suppress_health_check=QUIET)
settings.load_profile("short")
