# locks.pl FILE: locks FILE and parts of it, and tries the same in another process.
my ($path) = @ARGV;
my ($LOCK_EX, $LOCK_NB, $LOCK_UN) = (2, 4, 8);
my ($F_GETLK, $F_SETLK, $F_SETLKW) = (5, 6, 7);
my ($F_WRLCK, $F_UNLCK) = (1, 2);
$| = 1;

# struct flock: type, whence, start, length, owner.
sub part { my ($type, $start, $length) = @_; pack 's s x4 q q l x4', $type, 0, $start, $length, 0 }
sub opened { open(my $file, '+<', $path) or die "$path: $!\n"; $file }
# in_another WORK: what WORK returns in another process.
sub in_another {
  my ($work) = @_;
  pipe(my $out, my $in) or die "pipe: $!\n";
  my $pid = fork;
  die "fork: $!\n" unless defined $pid;
  if ($pid == 0) { syswrite $in, $work->(); exit 0 }
  close $in;
  return $out;
}
sub answer { my ($out) = @_; local $/; <$out> }

my $file = opened();
flock($file, $LOCK_EX | $LOCK_NB) or die "flock: $!\n";
print 'flock, held: ', answer(in_another(sub { flock(opened(), $LOCK_EX | $LOCK_NB) ? 'got' : 'refused' })), "\n";
flock($file, $LOCK_UN);
print 'flock, free: ', answer(in_another(sub { flock(opened(), $LOCK_EX | $LOCK_NB) ? 'got' : 'refused' })), "\n";

fcntl($file, $F_SETLK, part($F_WRLCK, 0, 100)) or die "fcntl: $!\n";
print 'bytes, held: ', answer(in_another(sub {
  fcntl(opened(), $F_SETLK, part($F_WRLCK, 99, 1)) ? 'got' : 'refused';
})), "\n";
print 'bytes, others: ', answer(in_another(sub {
  fcntl(opened(), $F_SETLK, part($F_WRLCK, 100, 0)) ? 'got' : 'refused';
})), "\n";
my $parent = $$;
print 'bytes, by whom: ', answer(in_another(sub {
  my $lock = part($F_WRLCK, 0, 0);
  fcntl(opened(), $F_GETLK, $lock) or return "$!";
  my ($type, $whence, $start, $length, $owner) = unpack 's s x4 q q l', $lock;
  "$start to " . ($start + $length) . ($owner == $parent ? ' of the parent' : " of $owner");
})), "\n";
my $waits = in_another(sub {
  fcntl(opened(), $F_SETLKW, part($F_WRLCK, 50, 1)) ? 'got at last' : 'refused';
});
select(undef, undef, undef, 0.3);
fcntl($file, $F_SETLK, part($F_UNLCK, 0, 0)) or die "fcntl: $!\n";
print 'bytes, waited for: ', answer($waits), "\n";
