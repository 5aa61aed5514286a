#!/bin/sh
# Makes a Debian package of a tree that `make install` has filled.
#
#   deb.sh NAME TREE CONTROL CHANGELOG OUTPUT
#
# CONTROL has the fields that change from package to package, contrib/debian the
# others; CHANGELOG is in Debian's format. The environment has SOURCE_DATE_EPOCH.
# Two calls with the same files make the same bytes, whatever the clock, the mask
# and the number of processors.
set -eu
umask 022
name=$1 tree=$2 control=$3 changelog=$4 output=$5
parts=contrib/debian
doc=$tree/usr/share/doc/$name

# Debian has its own names for these.
mv "$doc/CHANGELOG.md" "$doc/changelog"
rm "$doc/LICENSE"
cp $parts/copyright "$doc/copyright"
cp "$changelog" "$doc/changelog.Debian"
# What the documents link to has these names now.
sed -i 's!](\(\.\./\)*CHANGELOG\.md)!](\1changelog.gz)!g; s!](LICENSE)!](copyright)!g' "$doc"/*.md "$doc"/docs/*.md
if [ -f "$parts/$name.lintian-overrides" ]; then
  mkdir -p "$tree/usr/share/lintian/overrides"
  cp "$parts/$name.lintian-overrides" "$tree/usr/share/lintian/overrides/$name"
fi
gzip -9n "$doc/changelog" "$doc/changelog.Debian" "$tree"/usr/share/man/man1/*

mkdir "$tree/DEBIAN"
(cd "$tree" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
# As dpkg-gencontrol counts, whatever the file system: files in whole KiB, and one
# for everything else.
size=$(find "$tree/usr" -type f -printf '%s\n' -o -printf '1\n' |
  awk '{ sum += $1 == 1 ? 1 : int(($1 + 1023) / 1024) } END { print sum }')
{
  cat "$control"
  echo "Installed-Size: $size"
  cat "$parts/$name.control"
} >"$tree/DEBIAN/control"
chmod -R u=rwX,go=rX "$tree"
find "$tree" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group --threads-max=1 -Zxz --build "$tree" "$output"
