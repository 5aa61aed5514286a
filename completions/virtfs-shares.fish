# Generated from the option table by `deno task generate`.

complete -c virtfs-shares -f
function __virtfs_shares_has_command
    __fish_seen_subcommand_from list start stop restart status command
end
function __virtfs_shares_names
    set -l words (commandline -opc)
    argparse --ignore-unknown n/dry-run f/file= -- $words[2..-1] 2>/dev/null
    set -q _flag_file; and set -l file --file=$_flag_file
    virtfs-shares $file list 2>/dev/null | string replace --regex ' .*' '' | tail -n +2
end
complete -c virtfs-shares -n 'not __virtfs_shares_has_command' -a list -d 'show the shares'
complete -c virtfs-shares -n 'not __virtfs_shares_has_command' -a start -d 'let guests connect to these shares, or to all'
complete -c virtfs-shares -n 'not __virtfs_shares_has_command' -a stop -d 'end these shares, or all, even while guests use them'
complete -c virtfs-shares -n 'not __virtfs_shares_has_command' -a restart -d 'stop, then start with what the file says now'
complete -c virtfs-shares -n 'not __virtfs_shares_has_command' -a status -d 'show whether they are started, and used'
complete -c virtfs-shares -n 'not __virtfs_shares_has_command' -a command -d 'print what serves them on a host without systemd'
complete -c virtfs-shares -n __virtfs_shares_has_command -a '(__virtfs_shares_names)'
complete -c virtfs-shares -s f -l file -r -F -d 'the file (default: /etc/virtfs/shares)'
complete -c virtfs-shares -s n -l dry-run -d 'with start, stop, restart: print what would be done'
complete -c virtfs-shares -s h -l help -d 'show this and exit'
complete -c virtfs-shares -l version -d 'show the version and exit'
