# mmap.pl FILE: prints what a shared mapping of FILE holds.
# mmap.pl FILE TEXT: writes TEXT through one, over the end of a page, and waits
# until it is stored.
my ($path, $text) = @ARGV;
my $writes = defined $text;
my ($SYS_read, $SYS_write, $SYS_mmap, $SYS_munmap, $SYS_msync) = (0, 1, 9, 11, 26);
my ($PROT_READ, $PROT_WRITE, $MAP_SHARED, $MS_SYNC) = (1, 2, 1, 4);
my ($size, $where, $length) = (8192, 4090, 12);

open(my $file, $writes ? '+<' : '<', $path) or die "$path: $!\n";
my $at = syscall($SYS_mmap, 0, $size, $writes ? $PROT_READ | $PROT_WRITE : $PROT_READ,
  $MAP_SHARED, fileno $file, 0);
die "mmap: $!\n" if $at == -1;
close $file;
# What the kernel copies between a pipe and the mapping.
pipe(my $out, my $in) or die "pipe: $!\n";
if ($writes) {
  syswrite $in, $text;
  syscall($SYS_read, fileno $out, $at + $where, length $text) == length $text or die "write: $!\n";
  syscall($SYS_msync, $at, $size, $MS_SYNC) == 0 or die "msync: $!\n";
} else {
  syscall($SYS_write, fileno $in, $at + $where, $length) == $length or die "read: $!\n";
  sysread $out, $text, $length;
  print "$text\n";
}
syscall($SYS_munmap, $at, $size) == 0 or die "munmap: $!\n";
