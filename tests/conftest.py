"""How long Hypothesis looks: `pytest --hypothesis-profile=long` looks much longer."""

from hypothesis import HealthCheck, settings

QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]

settings.register_profile("short", max_examples=150, deadline=None, suppress_health_check=QUIET)
settings.register_profile("long", max_examples=10_000, deadline=None, suppress_health_check=QUIET)
settings.load_profile("short")
