#!/usr/bin/env bash
# Build Lucene Monitor for the benchmark of rules: bash bench/lucene/build.sh
#
# Not run by `make bench` or anything else. It needs Debian 12 or a relative that has the source package lucene8, a JDK
# (javac, 17 or newer), and the network for some 40 MB. Debian packages Lucene's core but not its monitor module, so the
# module comes from the source package and is compiled against the packaged jars. Everything lands in
# bench/lucene/build; the machine's own package lists and packages stay as they are.
set -euo pipefail
cd "$(dirname "$0")"
for program in apt-get dpkg-deb javac tar; do
    command -v "$program" >/dev/null || { echo "build.sh needs $program" >&2; exit 1; }
done

work=$PWD/build
rm -rf "$work"
mkdir -p "$work"/apt/{sources,lists/partial,cache/archives/partial} "$work"/{download,package,source,classes}

# Where the machine gets its packages from, with the source packages of the same places.
shopt -s nullglob
for file in /etc/apt/sources.list.d/*.sources; do
    sed 's/^Types:.*/Types: deb deb-src/' "$file" >"$work/apt/sources/$(basename "$file")"
done
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -e "$file" ] || continue
    { grep '^deb ' "$file" || true; sed -n 's/^deb /deb-src /p' "$file"; } >"$work/apt/sources/$(basename "$file" .list).list"
done
apt=(apt-get -qq
    -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$work/apt/sources" -o "Dir::State::lists=$work/apt/lists"
    -o "Dir::Cache=$work/apt/cache" -o APT::Sandbox::User=root)
"${apt[@]}" update
(cd "$work/download" && "${apt[@]}" --download-only --tar-only source lucene8 && "${apt[@]}" download liblucene8-java)

dpkg-deb -x "$work"/download/liblucene8-java_*.deb "$work/package"
tar -xf "$work"/download/lucene8_*.orig.tar.* -C "$work/source" --strip-components=1 --wildcards '*/monitor/src/java/*'
jars=$(printf '%s:' "$work"/package/usr/share/java/lucene-{core,analyzers-common,memory,queries,queryparser}-*.jar)
find "$work/source/monitor/src/java" -name '*.java' >"$work/sources.txt"
javac -nowarn -Xlint:none -d "$work/classes" -cp "$jars" @"$work/sources.txt" Driver.java
printf '%s' "$work/classes:${jars%:}" >"$work/classpath"
echo "Lucene Monitor is ready: make bench BENCH=rules"
