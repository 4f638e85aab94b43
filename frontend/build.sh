#!/bin/sh
# Builds what api/pages/static carries. Works in a folder of its own and leaves nothing else behind.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
static=$root/api/pages/static
london=$root/survey/sources/cities/london
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$static" "$london" "$root/tests/browser"

cp "$here/package.json" "$here/package-lock.json" "$here/app.scss" "$here/print.scss" "$here/report.scss" "$here/coding.scss" "$here/app.js" "$here/characters.js" "$here/components.js" "$here/builder.js" "$here/charts.js" "$here/results.js" "$here/coding.js" "$here/exit.js" "$here/proof.js" "$work"
cp -r "$here/files" "$here/kiosk" "$work"
python3 "$here/look.py" "$root/api/look.toml" "$work/_look.scss"
cd "$work"
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
packages=$work/node_modules
licence='/*! GOV.UK Frontend 6.6.0, MIT: see LICENSES.md */'

small() { # a comment that rtlcss needs is not for readers
    { echo "$licence"; npx esbuild --loader=css --minify --legal-comments=none; }
}
npx sass --pkg-importer=node --no-source-map --no-charset app.scss plain.css
npx rtlcss --silent plain.css plain.rtl.css
small <plain.css >"$static/app.css"
for name in print report coding; do npx sass --no-source-map --no-charset $name.scss | npx esbuild --loader=css --minify >"$static/$name.css"; done
small <plain.rtl.css >"$static/app.rtl.css"
npx esbuild app.js --bundle --minify --format=esm --target=es2020 --legal-comments=none --banner:js="$licence" --outfile="$static/app.js" --log-level=warning
licences='/*! htmx 4.0.1, 0BSD; SortableJS 1.15.7, MIT: see LICENSES.md */'
npx esbuild builder.js --bundle --minify --format=esm --target=es2020 --legal-comments=none --banner:js="$licences" --outfile="$static/builder.js" --log-level=warning

npx esbuild exit.js --bundle --minify --format=esm --target=es2020 --legal-comments=none --banner:js="$licence" --outfile="$static/exit.js" --log-level=warning
npx esbuild charts.js --minify --format=esm --target=es2020 --outfile="$static/charts.js" --log-level=warning
npx esbuild results.js --minify --format=esm --target=es2020 --outfile="$static/results.js" --log-level=warning
npx esbuild coding.js --minify --format=esm --target=es2020 --outfile="$static/coding.js" --log-level=warning
npx esbuild proof.js --minify --format=esm --target=es2020 --outfile="$static/proof.js" --log-level=warning
npx esbuild files/page.js --bundle --minify --format=esm --target=es2020 --outfile="$static/files.js" --log-level=warning
npx esbuild kiosk/page.js --bundle --minify --format=esm --target=es2022 --legal-comments=none --banner:js="$licence" --outfile="$static/kiosk.js" --log-level=warning
for part in logic runner; do npx esbuild kiosk/$part.js --bundle --minify --format=esm --target=es2022 --outfile="$static/kiosk-$part.js" --log-level=warning; done
npx esbuild kiosk/worker.js --bundle --minify --format=iife --target=es2022 --outfile="$static/kiosk-worker.js" --log-level=warning

font=$packages/@fontsource-variable/atkinson-hyperlegible-next
cp "$font/LICENSE" "$static/atkinson-OFL.txt"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check fonttools==4.68.0 brotli==1.2.1
"$work/venv/bin/python" "$here/fonts.py" "$font/files" "$static"

cp "$packages/axe-core/axe.min.js" "$root/tests/browser/axe.min.js"
cp "$packages/vega-datasets/data/londonBoroughs.json" "$london/boundaries.json"

node - "$static" <<'SIZES'
const { readFileSync } = require("fs"), { brotliCompressSync, gzipSync } = require("zlib"), folder = process.argv[2];
console.log("file".padEnd(14), "raw".padStart(8), "gzip".padStart(8), "brotli".padStart(8));
for (const name of ["app.css", "app.rtl.css", "app.js", "builder.js", "charts.js", "coding.js", "exit.js", "files.js", "kiosk.js"]) {
  const bytes = readFileSync(`${folder}/${name}`);
  const sizes = [bytes, gzipSync(bytes, { level: 9 }), brotliCompressSync(bytes)].map((b) => String(b.length).padStart(8));
  console.log(name.padEnd(14), ...sizes);
}
SIZES
