#!/bin/sh
# Says clearly what is missing on this machine. With --python: prints the Python to use.
# Environment: PYTHON, the interpreter to try first.
find_python() {
    for candidate in "${PYTHON:-python3.11}" python3.11 python3.12 python3; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys, venv; sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 12)))' 2>/dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

if [ "$1" = "--python" ]; then
    find_python
    exit $?
fi

missing=0
say() {
    echo "contactflow: missing prerequisite: $1" >&2
    missing=1
}
find_python >/dev/null || say "Python 3.11 or 3.12 with the venv module (set PYTHON=/path/to/python if it is elsewhere)"
if command -v javac >/dev/null 2>&1; then
    version=$(javac -version 2>&1 | sed -E 's/^javac ([0-9]+).*/\1/')
    [ "$version" -ge 17 ] 2>/dev/null || say "JDK 17 or newer (found: $(javac -version 2>&1))"
else
    say "JDK 17 (javac is not on the PATH; a JRE alone cannot build the operator)"
fi
command -v mvn >/dev/null 2>&1 || say "Apache Maven (mvn is not on the PATH)"
exit $missing
