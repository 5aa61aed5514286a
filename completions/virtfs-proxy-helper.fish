# Generated from the option table by `deno task generate`.

complete -c virtfs-proxy-helper -f
complete -c virtfs-proxy-helper -s p -l path -x -a '(__fish_complete_directories)' -d 'the directory to export'
complete -c virtfs-proxy-helper -s f -l fd -x -d 'serve the peer of this inherited socket'
complete -c virtfs-proxy-helper -s s -l socket -r -F -d 'serve the first who connects to this new socket'
complete -c virtfs-proxy-helper -s u -l uid -x -a '(__fish_complete_users)' -d 'owner of SOCKET, who may connect; a name or a number'
complete -c virtfs-proxy-helper -s g -l gid -x -a '(__fish_complete_groups)' -d 'group of SOCKET; a name or a number'
complete -c virtfs-proxy-helper -s n -l nodaemon -d 'stay in the foreground, log to stderr, not to syslog'
complete -c virtfs-proxy-helper -l pid-file -r -F -d 'write the process id to FILE, and keep it locked'
complete -c virtfs-proxy-helper -l die-with-parent -d 'end when the calling process does (with -n)'
complete -c virtfs-proxy-helper -l log-level -x -a 'error warning info debug' -d 'error, warning, info, debug (default: info)'
complete -c virtfs-proxy-helper -l log-format -x -a 'text json' -d 'text, json (default: text)'
complete -c virtfs-proxy-helper -s h -l help -d 'show this and exit'
complete -c virtfs-proxy-helper -l version -d 'show the version and exit'
