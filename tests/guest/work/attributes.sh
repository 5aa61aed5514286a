topic 'extended attributes'
run 'echo x > attr; setfattr -n user.colour -v green attr; getfattr -n user.colour attr'
run 'setfattr -n user.colour -v blue attr; getfattr --only-values -n user.colour attr; echo'
# 9p sends an empty value as a removal.
[ "${VIRTIOFS:-}" ] || refuse 'setfattr -n user.empty attr'
run 'setfattr -n user.bytes -v 0x00ff00fe0a attr; getfattr -e hex -d attr'
run 'setfattr -x user.bytes attr; getfattr -d attr'
refuse 'getfattr -n user.bytes attr'
refuse 'setfattr -x user.bytes attr'
refuse 'setfattr -n unknown.name -v x attr'
value=$(printf '%03000d' 0)
run "setfattr -n user.long -v $value attr; getfattr --only-values -n user.long attr | sha256sum"
run 'mkdir attrs; setfattr -n user.of -v directory attrs; getfattr -d attrs'
run 'for i in 0 1 2 3 4 5 6 7 8 9; do setfattr -n user.name-$i -v $i attrs; done; getfattr -d attrs | sort'
run 'mv attr attr2; getfattr --only-values -n user.colour attr2; echo'
run 'ln -s attr2 to-attr; getfattr -n user.colour to-attr'
refuse 'setfattr -h -n user.colour -v red to-attr'
