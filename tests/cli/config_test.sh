#!/usr/bin/env bash
# Configuration files: precedence, what a run writes, and wrong or damaged files.
# shellcheck disable=SC1091,SC2016,SC2034,SC2086,SC2154 # check.sh has the variables; eval expands what is quoted
. "$(dirname "$(readlink -f "$0")")/check.sh"

# file TEXT: a config file.
file() { printf '%b' "$1" >c.yaml; }

file 'preset: x2-wide\nbatch: 64\nd-lr: 0.002 # the discriminator\n\n"iterations": 20\nplots: false\nseed: 9\n'
gives 0 "a config" train --config c.yaml --out a
for line in 'preset: x2-wide' 'batch: 64' 'd-lr: 0.002' 'g-lr: 0.001' 'iterations: 20' 'seed: 9' 'plots: false'; do
    check "gives $line" grep -qx "$line" a/config.yaml
done
first=$(digest)
gives 0 "the config that a run wrote" train --config a/config.yaml --out b
check "repeats it" same_runs a b
check "with the same digest" [ "$(digest)" = "$first" ]
gives 0 "flags beside a config" train --config c.yaml --batch 32 --lr 0.005 --preset x2 --out c
check "win over it" eval 'grep -qx "batch: 32" c/config.yaml && grep -qx "d-lr: 0.005" c/config.yaml && grep -qx "preset: x2" c/config.yaml'
rm -r a b c

file 'batch: 0\n' && refuses 2 'c\.yaml:1: batch 0: it takes a whole number' train --config c.yaml
file 'seed: 1\nlr: -1\n' && refuses 2 'c\.yaml:2: lr -1: it takes a number above 0' train --config c.yaml
file 'lr: .nan\n' && refuses 2 'c\.yaml:1: lr .nan' train --config c.yaml
file 'lr: fast\n' && refuses 2 'c\.yaml:1: lr fast' train --config c.yaml
file 'batch:\n' && refuses 2 'c\.yaml:1: batch' train --config c.yaml
file 'devices: 0,x\n' && refuses 2 'c\.yaml:1: devices 0,x: it takes at most 16 numbers of GPUs' train --config c.yaml
file 'plots: 3\n' && refuses 2 'true or false' train --config c.yaml
file 'preset: x9\n' && refuses 2 'one of x2' train --config c.yaml
file 'bath: 64\n' && refuses 2 'c\.yaml:1: bath: no such key; did you mean batch' train --config c.yaml
file 'wavelength: 64\n' && refuses 2 'c\.yaml:1: wavelength: no such key; the keys are' train --config c.yaml
file 'seed: 1\nbatch: 64\nseed: 2\n' && refuses 2 'c\.yaml:3: "seed" is given twice .first in line 1' train --config c.yaml
file 'lr: [1, 2]\n' && refuses 2 'c\.yaml:1: "lr" has a nested value' train --config c.yaml
file 'seed: 1\nd:\n  lr: 1\n' && refuses 2 'c\.yaml:2: "d" has a nested value' train --config c.yaml
file 'a: &x 1\nbatch: *x\n' && refuses 2 'c\.yaml:2: "batch" has a nested value' train --config c.yaml
file '? [a]\n: 1\n' && refuses 2 'c\.yaml:1: a key' train --config c.yaml
file 'json: true\n' && refuses 2 'c\.yaml:1: json: give it as --json on the command line' train --config c.yaml
file 'config: c.yaml\n' && refuses 2 'on the command line' train --config c.yaml

refuses 4 'missing\.yaml: No such file' train --config missing.yaml
refuses 4 '/: Is a directory' train --config /
file '' && refuses 4 'c\.yaml: empty' train --config c.yaml
file '# nothing\n' && refuses 4 'c\.yaml: empty' train --config c.yaml
file 'batch: "64\n' && refuses 4 'c\.yaml:[0-9]+: damaged YAML' train --config c.yaml
file 'batch: 64\nitera' && refuses 4 'c\.yaml:[0-9]+: damaged YAML' train --config c.yaml
file 'batch: 64\n\tseed: 1\n' && refuses 4 'c\.yaml:2: damaged YAML' train --config c.yaml
file '- batch\n- 64\n' && refuses 4 'c\.yaml:1: not a list of settings' train --config c.yaml
file 'batch\n' && refuses 4 'c\.yaml:1: not a list of settings' train --config c.yaml
file 'batch: 64\n---\nbatch: 32\n' && refuses 4 'second document' train --config c.yaml
file 'batch: 6\0004\n' && refuses 4 'c\.yaml:[0-9]+: damaged YAML' train --config c.yaml
file 'batch: \xff\xfe\n' && refuses 4 'c\.yaml:[0-9]+: damaged YAML' train --config c.yaml
head -c 2000000 /dev/zero | tr '\0' '#' >c.yaml && refuses 4 'c\.yaml.*longer' train --config c.yaml
