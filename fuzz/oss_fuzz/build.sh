#!/bin/bash -eu
# Builds the fuzzers into $OUT. Run in the root of the checkout, by OSS-Fuzz or ClusterFuzzLite.

python3 -m pip install --no-cache-dir .

# Targets and readers are imported by name, which PyInstaller does not see.
for target in parser server router; do
    compile_python_fuzzer "fuzz/oss_fuzz/fuzz_$target.py" \
        --paths "$PWD" \
        --collect-submodules fuzz.engines \
        --collect-submodules fuzz.opinions \
        --collect-submodules fuzz.rules \
        --collect-submodules fuzz.targets \
        --collect-submodules reference \
        --add-data "$PWD/fuzz/quirks.toml:fuzz"
done

python3 -m fuzz.oss_fuzz.seeds "$OUT"
