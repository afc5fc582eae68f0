# The folder: a lock, a staging folder, and one moment from which a change holds.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# Everything new is made in .ca-work/new. `commit` renames that folder to .ca-work/ready: from then on the change holds,
# and whoever comes next moves what is still in there to its place. Before that moment nothing has happened, and the
# staging folder is thrown away. So an interruption at any step leaves all or nothing.
# What is a folder of its own there (an intermediate CA) moves as a whole.
# The lock is the kernel's (flock), on the folder itself: it ends with its owner and his children, and nothing can be left over.
holding=''
open_folder() {
	dir=${given[--dir]:-${CA_DIR:-.}}
	[[ $dir != -* ]] || dir=./$dir
	if [ ! -d "$dir" ] && [ -n "${1-}" ]; then
		mkdir -- "$dir" 2>/dev/null || die "cannot make the folder '$dir'"
		made_dir=yes
	fi
	[ -d "$dir" ] || die "there is no folder '$dir'"
	work=$dir/.ca-work
}

lock_folder() {
	local status=0
	[ -w "$dir" ] || die "cannot write to the folder '$dir'"
	exec 9<"$dir" || die "cannot open the folder '$dir'"
	flock -w "${CA_LOCK_WAIT:-10}" 9 || status=$?
	[ "$status" -le 1 ] || die "cannot lock the folder '$dir'"
	[ "$status" -eq 0 ] || die "another ca is at work in '$dir' and still alive: $(cat -- "$work/owner" 2>/dev/null)"
	holding=yes
}

begin() {
	trap leave EXIT
	trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM
	open_folder "${1-}"
	lock_folder
	settle
	mkdir -- "$work" "$work/new" "$work/new/issued" "$work/new/requests" || die "cannot write to the folder '$dir'"
	printf 'ca %s, process %d\n' "$command" $$ >"$work/owner"
}

commit() {
	rmdir -- "$work/new/issued" "$work/new/requests" 2>/dev/null
	find "$work/new" -type f -exec sync {} + && mv -T -- "$work/new" "$work/ready" || die "cannot write to the folder '$dir'"
	settle
}

# Brings the folder to rest, whoever left it unfinished. Only under the lock.
settle() {
	local file
	[ -d "$work" ] || return 0
	if [ -d "$work/ready" ]; then
		for file in "$work"/ready/{issued,requests}/* "$work"/ready/*; do
			case ${file#"$work"/ready/} in
				issued | requests) continue ;;
				issued/* | requests/*) [ ! -e "$file" ] || mkdir -p -- "$dir/$(basename -- "${file%/*}")" ;;
			esac
			[ ! -e "$file" ] || mv -fT -- "$file" "$dir/${file#"$work"/ready/}" ||
				{ holding=''; die "cannot finish what was begun in '$work': the next ca will try again"; }
		done
	fi
	rm -rf -- "$work"
}

leave() {
	local status=$?
	[ -z "$holding" ] || settle
	[ -z "${made_dir-}" ] || rmdir -- "$dir" 2>/dev/null
	exit "$status"
}

# For those who only look: an interrupted run is brought to rest if nobody else is at work and we may.
rest_folder() {
	open_folder
	[ ! -d "$work" ] || [ ! -w "$dir" ] || ! { exec 9<"$dir" && flock -n 9; } || settle
}

must_be_new() {
	local file
	for file in "$@"; do
		[ ! -e "$dir/$file" ] && [ ! -L "$dir/$file" ] ||
			die "$dir/$file exists already and is not overwritten: move it away first"
	done
}
must_be_there() { [ -f "$dir/$1" ] && [ -r "$dir/$1" ] || die "$dir/$1 is missing or not readable: $2"; }
