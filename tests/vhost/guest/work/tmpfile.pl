# tmpfile.pl DIRECTORY NAME: makes a file without a name in DIRECTORY, writes to
# it, and gives it a name at the end.
my ($directory, $name) = @ARGV;
my ($SYS_openat, $SYS_linkat) = (257, 265);
my ($AT_FDCWD, $AT_SYMLINK_FOLLOW, $O_TMPFILE_RDWR) = (-100, 0x400, 0x410002);

my $fd = syscall($SYS_openat, $AT_FDCWD, $directory, $O_TMPFILE_RDWR, 0640);
die "open: $!\n" if $fd == -1;
open(my $file, '+<&=', $fd) or die "fdopen: $!\n";
syswrite($file, "it had no name\n") or die "write: $!\n";
my ($links, $size) = (stat $file)[3, 7];
opendir(my $all, $directory) or die "opendir: $!\n";
my @names = grep { !/^\.\.?$/ } readdir $all;
print "$links links, $size bytes, ", scalar @names, " names\n";
syscall($SYS_linkat, $AT_FDCWD, "/proc/self/fd/$fd", $AT_FDCWD, $name, $AT_SYMLINK_FOLLOW) == 0
  or die "linkat: $!\n";
print((stat $file)[3], " link\n");
