"""Checks what deploy/sbom wrote: valid CycloneDX, every crate from outside with its checksum, and nothing that only tests use.

Usage: materials.py SBOM
"""

import json
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

TESTS_ONLY = {"testcontainers", "criterion", "insta", "proptest"}


def main():
    text = Path(sys.argv[1]).read_text()
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    components = json.loads(text)["components"]
    found = [str(wrong)] if wrong else []
    found += [f"{each['name']} is for tests only" for each in components if each["name"] in TESTS_ONLY]
    found += [f"{each['name']} has no licence" for each in components if "licenses" not in each]
    print(f"   {len(components)} crates, {sum('hashes' in each for each in components)} of them from outside")
    sys.exit("\n".join(found) if found else 0)


if __name__ == "__main__":
    main()
