# Generated from the option table by `deno task generate`.

complete -c virtfs-top -s i -l interval -x -d 'how often to look (1)'
complete -c virtfs-top -s s -l sort -x -a 'requests latency errors bytes inodes descriptors name' -d 'what the list is sorted by (requests)'
complete -c virtfs-top -l once -d 'print what the helpers do, once, and end'
complete -c virtfs-top -l ascii -d 'bars of # and -, for terminals without blocks'
complete -c virtfs-top -s h -l help -d 'show this and exit'
complete -c virtfs-top -l version -d 'show the version and exit'
