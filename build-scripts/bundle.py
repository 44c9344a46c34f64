#!/usr/bin/env python3
"""Checks a deploy bundle and packs it: bundle.py FOLDER ZIP [--size-max BYTES].

Refuses what would not start on Lambda's provided.al2023 (a library or program that needs a newer glibc or libstdc++) and what Lambda
would not take (more than 250 MB unzipped). The same folder always gives the same bytes.
"""

import argparse
import re
import subprocess
import sys
import zipfile
from pathlib import Path

# provided.al2023 has glibc 2.34; the libstdc++ of GCC 11, which it carries as well as the zip, has GLIBCXX_3.4.29.
LIMITS = {"GLIBC": (2, 34), "GLIBCXX": (3, 4, 29)}
SIZE_MAX = 250 * 1024 * 1024
DIRECT_UPLOAD_MAX = 50 * 1024 * 1024


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def needs(path: Path) -> dict[str, str]:
    """The highest version of each library family that a file asks the loader for."""
    text = subprocess.run(["readelf", "-VW", path], check=True, capture_output=True, text=True).stdout
    _, _, needed = text.partition("Version needs section")
    highest: dict[str, str] = {}
    for family, number in re.findall(r"\b(GLIBC|GLIBCXX)_([0-9.]+)\b", needed):
        if version(number) > version(highest.get(family, "0")):
            highest[family] = number
    return highest


def symbols(path: Path, family: str, limit: tuple[int, ...]) -> list[str]:
    """The symbols that ask for more than the limit, to say whose fault it is."""
    text = subprocess.run(["objdump", "-T", path], check=True, capture_output=True, text=True).stdout
    found = re.findall(rf"\*UND\*\s+\S+\s+\(?{family}_([0-9.]+)\)?\s+(\S+)", text)
    return [f"{name}@{family}_{number}" for number, name in found if version(number) > limit]


def check(folder: Path, size_max: int) -> list[str]:
    """What is wrong with a bundle; prints what is in it."""
    problems = []
    total = 0
    for path in files(folder):
        total += path.stat().st_size
        needed = needs(path) if is_elf(path) else {}
        note = ", ".join(f"{family}_{number}" for family, number in sorted(needed.items()))
        print(f"{path.stat().st_size:>12,}  {path.relative_to(folder)}{'  needs ' + note if note else ''}")
        for family, number in needed.items():
            if version(number) > LIMITS[family]:
                names = ", ".join(symbols(path, family, LIMITS[family])[:5]) or "see readelf -V"
                limit = ".".join(map(str, LIMITS[family]))
                problems.append(
                    f"{path.relative_to(folder)} needs {family}_{number}, provided.al2023 has {limit}: {names}; "
                    "link against an older system, or define the symbol in Sources/CPlatform/glibc234.cpp"
                )
    print(f"{total:>12,}  in all, unzipped")
    if total > size_max:
        problems.append(f"{total:,} bytes unzipped, Lambda takes {size_max:,}; leave models out and load them from elsewhere")
    return problems


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def pack(folder: Path, target: Path) -> None:
    """Sorted names, one date, two kinds of permissions: the same input gives the same bytes."""
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files(folder):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # Unix
            entry.external_attr = (0o100755 if is_elf(path) else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    partial.replace(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("zip", type=Path)
    parser.add_argument("--size-max", type=int, default=SIZE_MAX)
    arguments = parser.parse_args()
    problems = check(arguments.folder, arguments.size_max)
    if problems:
        sys.exit("\n".join(f"error: {problem}" for problem in problems))
    pack(arguments.folder, arguments.zip)
    size = arguments.zip.stat().st_size
    print(f"{size:>12,}  zipped")
    if size > DIRECT_UPLOAD_MAX:
        print("note: over 50 MB, so it is uploaded through S3 (sam deploy and aws cloudformation package do so)")


if __name__ == "__main__":
    main()
