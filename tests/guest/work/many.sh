topic 'a thousand files'
run 'tar xf /work/files.tar; find files -type f | wc -l'
run 'cd files; sha256sum -c /work/files.sha256 | grep -c ": OK$"'
run 'find files -type f -print0 | sort -z | xargs -0 sha256sum'
run 'find files -type f -perm -100 | wc -l; find files -type d | wc -l'
run 'find files -type f -size +64k | sort'
run 'find files -type f -mtime +1000 | wc -l'
run 'du -a files | wc -l; tar cf - files | tar tf - | wc -l'
# Some are left for the host to see.
run 'rm -r files/part\ [13]*; find files | wc -l; ls files | sort'
if [ "$WHO" = root ]; then run 'rm -r files; ls files 2>&1 || true'; fi
