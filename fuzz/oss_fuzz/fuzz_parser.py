"""The target `parser` for OSS-Fuzz; see `harness`."""

from fuzz.oss_fuzz.harness import fuzz

if __name__ == "__main__":
    fuzz("parser")
