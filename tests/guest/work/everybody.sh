# What root and an ordinary user do alike, in an empty directory of their own.
. /work/lib.sh
for part in files directories names links modes nodes attributes; do
  . "/work/$part.sh"
done
[ "$MANY" != "$WHO" ] || . /work/many.sh
