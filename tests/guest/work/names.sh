topic 'names'
run 'mkdir names; cd names
for name in "with space" "quo'"'"'te\"" "back\\slash" -dash ".hidden" "*" "naïve ☃" "$(printf "new\nline")" "$(printf "not utf8 \377\376")"; do
  echo "<$name>" > "./$name"
done; ls | wc -l; find . -type f -print0 | sort -z | xargs -0 cat | sha256sum; find . | sort | sha256sum'
run 'cd names; rm -- -dash; cat "with space" "naïve ☃"; ls -A | wc -l'
long=$(printf '%0255d' 0)
run "echo long > $long; cat $long; mv $long short; mv short $long; rm $long"
refuse "echo too long > ${long}0"
refuse "mkdir ${long}0"
