# Installs virtfs-proxy-helper and virtfs-vhost-helper, virtfs-shares and virtfs-top.
#
#   make                       put each program into one file in dist/; needs Deno
#   make install PREFIX=/usr   install these, their manuals, completions and units
#   make uninstall PREFIX=/usr remove what the same call of install has made
#
# DENO=PROGRAM is the Deno that `make` calls; DESTDIR=DIR is put before all paths.
# `make install-compiled` installs the binaries of `deno task compile` in place of
# the launcher and the files that it runs; they need no Deno. virtfs-top needs it, so
# it is not among them.
# `deno task package` makes Debian packages of what is installed here.

DENO = deno
DESTDIR =
PREFIX = /usr/local

prefix = $(PREFIX)
bindir = $(prefix)/bin
libdir = $(prefix)/lib
libexecdir = $(prefix)/libexec
datadir = $(prefix)/share
mandir = $(datadir)/man
docdir = $(datadir)/doc/virtfs
unitdir = $(libdir)/systemd/system
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
# Where QEMU's friends look for programs that speak vhost-user, in /usr/share or
# /etc and nowhere else.
vhostuserdir = $(datadir)/qemu/vhost-user
# What the launchers need. They themselves are in bindir, and libexecdir has symlinks
# to them: Debian's AppArmor profile of libvirtd lets it run what is in /usr/bin.
pkglibdir = $(libdir)/virtfs
# QEMU to 9.1 has a page of this name. To install beside it, give another section:
# proxymanual=virtfs-proxy-helper.1virtfs
proxymanual = virtfs-proxy-helper.1

programs = virtfs-proxy-helper virtfs-vhost-helper
launchers = $(programs) virtfs-top
bundles = dist/helper.js dist/vhost-helper.js dist/top.js
units = $(notdir $(wildcard contrib/systemd/*))
documents = README.md SECURITY.md PERFORMANCE.md CHANGELOG.md LICENSE
more_documents = $(notdir $(wildcard docs/*.md))
descriptions = $(notdir $(wildcard contrib/qemu/*.json))
# A source that was taken away makes its directory newer.
sources = deno.json $(shell find src ffi scripts/top scripts/program) scripts/top.ts

# Whatever the caller's mask is.
mask = umask 022 &&
copy = $(mask) install -m 644
make_directory = $(mask) mkdir -p
copy_completions = for program in $(1); do \
  $(copy) completions/$$program.bash '$(DESTDIR)$(bashcompletiondir)'/$$program && \
  $(copy) completions/_$$program '$(DESTDIR)$(zshcompletiondir)' && \
  $(copy) completions/$$program.fish '$(DESTDIR)$(fishcompletiondir)' || exit; done
# A new file takes the place of $$file: who runs the old one goes on with it, and where
# somebody has made a symlink to the checkout this is not written to the checkout.
to_file = >"$$file.new" && chmod $(1) "$$file.new" && mv -fT "$$file.new" "$$file"
# The launcher is there under each name: it goes by its own, and callers may resolve
# symlinks. It looks for the rest from where it is.
library = $$(realpath -m --relative-to='$(bindir)' '$(pkglibdir)')
link_libexec = for program in $(programs); do \
  ln -srf "$(DESTDIR)$(bindir)/$$program" "$(DESTDIR)$(libexecdir)/$$program" || exit; done
# What a unit, a description or virtfs-shares starts is where this installs it.
to_libexec = sed -e 's|/usr/libexec/|$(libexecdir)/|g; s|/usr/bin/virtfs-|$(bindir)/virtfs-|g'
# Where deno.json has it, in a line of its own.
version = $$(sed -n 's/^  "version": "\(.*\)",$$/\1/p' deno.json)

.PHONY: all install install-programs install-compiled install-shared uninstall plain-paths

all: $(bundles)

$(bundles) &: $(sources)
	@command -v '$(DENO)' >/dev/null || { \
	  echo 'Cannot bundle the programs: there is no program $(DENO). Install Deno, or name it: make DENO=PROGRAM; or let npx fetch it: npx --yes deno task bundle' >&2; exit 1; }
	$(DENO) task bundle

install: install-programs install-shared

# Units, descriptions and symlinks would lead to something else.
plain-paths:
	@case '$(bindir):$(libexecdir):$(pkglibdir)' in [!/]* | *:[!/]* | *[' &|"%\$$`']*) \
	  echo 'Cannot install there: give PREFIX an absolute path without blanks and & | " % \ $$' >&2; exit 1 ;; esac

install-programs: plain-paths $(bundles)
	$(make_directory) '$(DESTDIR)$(pkglibdir)/scripts' '$(DESTDIR)$(pkglibdir)/dist' \
	  '$(DESTDIR)$(libexecdir)' '$(DESTDIR)$(bindir)' '$(DESTDIR)$(mandir)/man1' \
	  '$(DESTDIR)$(bashcompletiondir)' '$(DESTDIR)$(zshcompletiondir)' \
	  '$(DESTDIR)$(fishcompletiondir)'
	$(mask) for program in $(launchers); do \
	  file='$(DESTDIR)$(bindir)'/$$program && \
	  sed "s|^library=.*|library=$(library)|" scripts/$$program $(call to_file,755) || exit; \
	done
	$(copy) scripts/find_deno.sh '$(DESTDIR)$(pkglibdir)/scripts'
	$(copy) deno.json '$(DESTDIR)$(pkglibdir)'
	$(copy) $(bundles) '$(DESTDIR)$(pkglibdir)/dist'
	$(copy) man/virtfs-top.1 '$(DESTDIR)$(mandir)/man1'
	$(call copy_completions,virtfs-top)
	$(link_libexec)

install-compiled: plain-paths install-shared
	$(make_directory) '$(DESTDIR)$(libexecdir)' '$(DESTDIR)$(bindir)'
	install -m 755 $(addprefix dist/,$(programs)) '$(DESTDIR)$(bindir)'
	$(link_libexec)

install-shared: plain-paths
	$(make_directory) '$(DESTDIR)$(mandir)/man1' '$(DESTDIR)$(unitdir)' \
	  '$(DESTDIR)$(vhostuserdir)' '$(DESTDIR)$(bashcompletiondir)' \
	  '$(DESTDIR)$(zshcompletiondir)' '$(DESTDIR)$(fishcompletiondir)' \
	  '$(DESTDIR)$(docdir)/docs' '$(DESTDIR)$(bindir)' '$(DESTDIR)$(pkglibdir)/scripts'
	$(copy) scripts/read_shares.sh '$(DESTDIR)$(pkglibdir)/scripts'
	$(mask) file='$(DESTDIR)$(bindir)/virtfs-shares' && $(to_libexec) \
	  -e "s|^library=.*|library=$(library)|; s|^version=.*|version=$(version)|" \
	  scripts/virtfs-shares $(call to_file,755)
	$(copy) man/virtfs-proxy-helper.1 '$(DESTDIR)$(mandir)/man1/$(proxymanual)'
	$(copy) man/virtfs-vhost-helper.1 man/virtfs-shares.1 '$(DESTDIR)$(mandir)/man1'
	$(call copy_completions,$(programs) virtfs-shares)
	$(mask) for unit in $(units); do \
	  file='$(DESTDIR)$(unitdir)'/$$unit && \
	  $(to_libexec) contrib/systemd/$$unit $(call to_file,644) || exit; \
	done
	$(mask) for description in $(descriptions); do \
	  file='$(DESTDIR)$(vhostuserdir)'/$$description && \
	  $(to_libexec) contrib/qemu/$$description $(call to_file,644) || exit; \
	done
	$(copy) $(documents) '$(DESTDIR)$(docdir)'
	$(copy) $(addprefix docs/,$(more_documents)) '$(DESTDIR)$(docdir)/docs'

# Of directories only our own, and only if they are empty: an empty one of others,
# for completions say, may be a package's.
uninstall:
	rm -f \
	  $(foreach program,$(programs),'$(DESTDIR)$(bindir)/$(program)' \
	    '$(DESTDIR)$(libexecdir)/$(program)') \
	  $(foreach program,$(programs) virtfs-shares virtfs-top, \
	    '$(DESTDIR)$(bashcompletiondir)/$(program)' \
	    '$(DESTDIR)$(zshcompletiondir)/_$(program)' \
	    '$(DESTDIR)$(fishcompletiondir)/$(program).fish') \
	  $(foreach bundle,$(bundles),'$(DESTDIR)$(pkglibdir)/$(bundle)') \
	  '$(DESTDIR)$(pkglibdir)/scripts/find_deno.sh' \
	  '$(DESTDIR)$(pkglibdir)/scripts/read_shares.sh' '$(DESTDIR)$(pkglibdir)/deno.json' \
	  '$(DESTDIR)$(mandir)/man1/$(proxymanual)' \
	  '$(DESTDIR)$(mandir)/man1/virtfs-vhost-helper.1' \
	  $(foreach tool,virtfs-shares virtfs-top,'$(DESTDIR)$(bindir)/$(tool)' \
	    '$(DESTDIR)$(mandir)/man1/$(tool).1') \
	  $(foreach unit,$(units),'$(DESTDIR)$(unitdir)/$(unit)') \
	  $(foreach description,$(descriptions),'$(DESTDIR)$(vhostuserdir)/$(description)') \
	  $(foreach document,$(documents),'$(DESTDIR)$(docdir)/$(document)') \
	  $(foreach document,$(more_documents),'$(DESTDIR)$(docdir)/docs/$(document)')
	for directory in '$(pkglibdir)/scripts' '$(pkglibdir)/dist' '$(pkglibdir)' \
	  '$(docdir)/docs' '$(docdir)'; do \
	  rmdir "$(DESTDIR)$$directory" 2>/dev/null || :; \
	done
