"""Installs contactflow. The folders are top-level packages, so it wants an environment of its own."""

from setuptools import find_packages, setup

ROOMS = ("schemas", "transforms", "pipelines", "library", "config", "cli")

setup(
    name="contactflow",
    version="0.1.0",
    description="Workflow engine for marketing automation on Apache Flink and Apache Beam",
    python_requires=">=3.11,<3.13",
    packages=find_packages(include=[*ROOMS, *(f"{room}.*" for room in ROOMS)]),
    package_data={
        "pipelines.live": ["log4j2.properties", "sql/*.sql"],
        "schemas.avro": ["*.avsc"],
    },
    entry_points={"console_scripts": ["contactflow = cli.main:main"]},
)
