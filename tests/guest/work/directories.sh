topic 'directories'
run 'mkdir d; mkdir -p d/e/f; meta d d/e d/e/f'
run 'rmdir d/e/f; find d | sort'
refuse 'mkdir d'
refuse 'rmdir d'
refuse 'rmdir a'
refuse 'mkdir a/under'
refuse 'mkdir none/under'
refuse 'echo x > d'
refuse 'rm d'
run 'mkdir full; for i in 1 2 3; do echo $i > full/$i; done; ls -a full'
run 'cd full && cd .. && cd ./full/../d && ls'

topic 'rename'
run 'echo old > r1; mv r1 r2; cat r2; ls r1 2>&1 || true'
run 'echo new > r3; mv -f r3 r2; cat r2; ls r3 2>&1 || true'
run 'echo held > r4; exec 3< r4; echo other > r5; mv -f r5 r4; cat <&3; cat r4'
run 'mkdir m; mv m moved; mv full/1 moved/one; find moved full | sort'
run 'mkdir empty; mv -T moved empty; find empty'
refuse 'mv -T d full'
refuse 'mv -T empty r2'
refuse 'mv -T r2 empty'
refuse 'mv empty empty/inside'
refuse 'mv none other'
run 'mv empty d/e/; cat d/e/empty/one'

topic 'a deep tree'
deep=
for level in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  deep=${deep}a-directory-name-of-some-forty-letters-$level/
done
run "mkdir -p $deep; echo deep > ${deep}file; cat ${deep}file; find a-dir* | wc"
