# files.pl COUNT: makes so many files, 500 in each directory, lists them, and
# removes them again.
#
# The guest forgets what it has cached now and then, as one with little memory
# does: the helper keeps a descriptor for each file that is cached, and the host
# may not let it have as many as there are files.
my ($count) = @ARGV;
my $each = 500;
my $cached = 0;
sub cached {
  return if ++$cached % 5000 != 0;
  open(my $kernel, '>', '/proc/sys/vm/drop_caches') or die "drop_caches: $!\n";
  syswrite $kernel, '2';
}
for (my $n = 0; $n < $count; $n++) {
  my $directory = sprintf 'd%03d', $n / $each;
  cached();
  if ($n % $each == 0) { mkdir $directory or die "$directory: $!\n" }
  open(my $file, '>', "$directory/$n") or die "$directory/$n: $!\n";
  syswrite $file, $n if $n % 10 == 0;
}
my ($listed, $sum) = (0, 0);
opendir(my $top, '.') or die "opendir: $!\n";
for my $directory (grep { /^d/ } readdir $top) {
  opendir(my $all, $directory) or die "opendir: $!\n";
  for (grep { !/^\./ } readdir $all) {
    cached();
    my $size = (stat "$directory/$_")[7];
    defined $size && $size == ($_ % 10 == 0 ? length : 0) or die "$directory/$_: $size bytes\n";
    $listed++; $sum += $_;
  }
}
print "$listed files, sum ", $sum - $count * ($count - 1) / 2, "\n";
for (my $n = 0; $n < $count; $n++) {
  my $directory = sprintf 'd%03d', $n / $each;
  cached();
  unlink "$directory/$n" or die "$directory/$n: $!\n";
  if ($n % $each == $each - 1 || $n == $count - 1) { rmdir $directory or die "$directory: $!\n" }
}
