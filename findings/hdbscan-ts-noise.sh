#!/usr/bin/env bash
# hdbscan-ts leaves most points of clear clusters out as noise, where scikit-learn takes all.
#
# Behaviour: of four round clusters of 60 points, ten deviations apart, HDBSCAN of the npm package
# calls three quarters of the points noise; scikit-learn, with the same least size of a cluster
# and as many points for a core, finds the four clusters and leaves out none.
# Versions: hdbscan-ts 1.0.17 (npm), scikit-learn 1.9.1 (PyPI).
# One would guess: the same clusters, as both follow Campello, Moulavi and Sander (2013).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet install 'scikit-learn==1.9.1'
npm init -y >/dev/null
npm install --silent --no-audit --no-fund hdbscan-ts@1.0.17
cat >points.py <<'PY'
import json, numpy
random = numpy.random.default_rng(0)
centres = [(0, 0), (10, 0), (0, 10), (10, 10)]
json.dump(numpy.concatenate([random.normal(c, 1, (60, 2)) for c in centres]).tolist(), open('points.json', 'w'))
PY
venv/bin/python points.py
cat >peer.py <<'PY'
import json, numpy, sklearn
from sklearn.cluster import HDBSCAN
labels = HDBSCAN(min_cluster_size=10, copy=True).fit(numpy.array(json.load(open('points.json')))).labels_
print('scikit-learn', sklearn.__version__, 'clusters', labels.max() + 1, 'noise', int((labels < 0).sum()), 'of', len(labels))
PY
venv/bin/python peer.py
cat >own.mjs <<'JS'
import { readFileSync } from 'node:fs';
import hdbscan from 'hdbscan-ts';

const points = JSON.parse(readFileSync('points.json', 'utf8'));
const found = new hdbscan.HDBSCAN({ minClusterSize: 10, minSamples: 10 });
found.fit(points);
const noise = found.labels_.filter((label) => label < 0).length;
const { version } = JSON.parse(readFileSync('node_modules/hdbscan-ts/package.json', 'utf8'));
console.log('hdbscan-ts', version, 'clusters', Math.max(...found.labels_) + 1, 'noise', noise, 'of', points.length);
if (noise * 2 < points.length) throw new Error('changed: it keeps most points now');
JS
node own.mjs
