# SPDX-License-Identifier: ISC
# The folder: whose it is, a lock, a staging folder, and one moment from which a change holds.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# Everything new is made in .ca-work/new. `commit` renames that folder to .ca-work/ready: from then on the change holds,
# and whoever comes next moves what is still in there to its place. Before that moment nothing has happened, and the
# staging folder is thrown away. So an interruption at any step leaves all or nothing.
# A folder in there (an intermediate CA) moves as a whole.
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

# why_not_safe FOLDER OWNER MODE NAME: why nobody should write to this folder or believe what stands ready in it. Another user
# could change it under our hands, or have us write elsewhere through a link. Nothing when it is the caller's alone.
why_not_safe() {
	if [ "$2" != "$EUID" ]; then
		printf "the folder '%s' belongs to another user (%s): use a folder of your own" "$1" "$4"
	elif [ $((8#$3 & 8#022)) -ne 0 ]; then
		printf "the folder '%s' can be written to by other users: run chmod go-w on it, and make sure that its contents are yours" "$1"
	fi
}

check_folder() {
	local file files=("$dir") number=0 owner mode name
	for file in "$work" "$work/new" "$work/ready" "$work/ready/issued" "$work/ready/requests" "$dir/issued" "$dir/requests"; do
		[ ! -L "$file" ] || die "'$file' is a link, and links are not followed there: remove it"
		[ -e "$file" ] || continue
		[ -d "$file" ] || die "'$file' is not a folder: move it away"
		files+=("$file")
	done
	while read -r owner mode name; do
		[ "$owner" = "$EUID" ] && [ $((8#$mode & 8#022)) -eq 0 ] || die "$(why_not_safe "${files[number]}" "$owner" "$mode" "$name")"
		number=$((number + 1))
	done < <(stat -L -c '%u %a %U' -- "${files[@]}" 2>/dev/null)
	[ "$number" -eq "${#files[@]}" ] || die "cannot examine the folder '$dir'"
	warn_of_parents
}

# Whoever can rename the folder itself can put another in its place.
warn_of_parents() {
	local parent parents=() owner mode number=0
	parent=$(cd -P -- "$dir" && pwd -P) || die "cannot open the folder '$dir'"
	while [[ $parent == /?* ]]; do
		parent=${parent%/*}
		parents+=("${parent:-/}")
	done
	while read -r owner mode; do
		{ [ "$owner" = 0 ] || [ "$owner" = "$EUID" ]; } && { [ $((8#$mode & 8#002)) -eq 0 ] || [ $((8#$mode & 8#1000)) -ne 0 ]; } ||
			say "Warning: another user can replace '$dir', since he can write to '${parents[number]}'"
		number=$((number + 1))
	done < <(stat -c '%u %a' -- "${parents[@]}" 2>/dev/null)
}

lock_folder() {
	local status=0
	[ -w "$dir" ] || die "cannot write to the folder '$dir'"
	exec 9<"$dir" || die "cannot open the folder '$dir'"
	flock -w "${CA_LOCK_WAIT:-10}" 9 || status=$?
	[ "$status" -le 1 ] || die "cannot lock the folder '$dir'"
	[ "$status" -eq 0 ] || die "another $self is at work in '$dir' and still alive: $(head -c 200 -- "$work/owner" 2>/dev/null)"
	holding=yes
}

begin() {
	trap leave EXIT
	trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM
	open_folder "${1-}"
	check_folder
	lock_folder
	settle
	mkdir -- "$work" "$work/new" "$work/new/issued" "$work/new/requests" 2>/dev/null || cannot_write
	{ printf '%s %s, process %d\n' "$self" "$command" $$ >"$work/owner"; } 2>/dev/null || cannot_write
	check_room
}

# Room for what a command writes on its way: later each program, openssl and this shell, would tell of a full disk in words of
# its own, or take what was cut off for damaged.
check_room() {
	local rows=0
	[ ! -f "$dir/index.txt" ] || rows=$(stat -L -c %s -- "$dir/index.txt")
	check_space $((262144 + 3 * rows))
}

commit() {
	rmdir -- "$work/new/issued" "$work/new/requests" 2>/dev/null
	find "$work/new" -type f -exec sync {} + && mv -T -- "$work/new" "$work/ready" || cannot_write
	settle
}

# Brings the folder to rest, whoever left it unfinished. Only under the lock, and after check_folder.
settle() {
	local file name
	[ -d "$work" ] || return 0
	if [ -d "$work/ready" ]; then
		for file in "$work"/ready/{issued,requests}/* "$work"/ready/*; do
			case ${file#"$work"/ready/} in
				issued | requests) continue ;;
				issued/* | requests/*) name=${file%/*}; [ ! -e "$file" ] || [ -d "$dir/${name##*/}" ] || mkdir -- "$dir/${name##*/}" ;;
			esac
			[ ! -e "$file" ] || mv -fT -- "$file" "$dir/${file#"$work"/ready/}" ||
				{ holding=''; die "cannot finish the change that stands ready in '$work': the next $self will try again"; }
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

# For commands that only look: an interrupted run is brought to rest if nobody else is at work and the folder is the caller's.
rest_folder() {
	local owner mode
	open_folder
	{ [ -e "$work" ] || [ -L "$work" ]; } || return 0
	read -r owner mode _ < <(stat -L -c '%u %a %U' -- "$dir") && [ -z "$(why_not_safe "$dir" "$owner" "$mode" '')" ] || return 0
	check_folder
	[ ! -w "$dir" ] || ! { exec 9<"$dir" && flock -n 9; } || settle
}

# Dies when no more can be written here, so many bytes or, after something failed, a few: which one more write finds out.
check_space() {
	local reason
	[ -d "$work" ] || return 0
	reason=$( { head -c "${1:-65536}" /dev/zero >"$work/probe"; } 2>&1)
	case $reason in
		*'No space left'*) die "the disk is full: nothing in '$dir' was changed" ;;
		*'quota exceeded'*) die "the disk quota is used up: nothing in '$dir' was changed" ;;
		*'File too large'* | *'ile size limit'*) die "the limit on the size of files (ulimit -f) is reached: nothing in '$dir' was changed" ;;
		*'Read-only file system'*) die "the file system of '$dir' is read-only" ;;
	esac
	# Empty, it takes no room; it goes with its folder.
	{ : >"$work/probe"; } 2>/dev/null
}

cannot_write() {
	check_space
	# Not even a name fits.
	[ "$(stat -f -c %a -- "$dir" 2>/dev/null)" != 0 ] || die "the disk is full: nothing in '$dir' was changed"
	die "cannot write to the folder '$dir'"
}

must_be_new() {
	local file
	for file in "$@"; do
		[ ! -e "$dir/$file" ] && [ ! -L "$dir/$file" ] ||
			die "$dir/$file exists already and is not overwritten: move it away first"
	done
}
must_be_there() { [ -f "$dir/$1" ] && [ -r "$dir/$1" ] || die "$dir/$1 is missing or not readable: $2"; }

# must_be_key FILE HINT: a private key is there; a word when others can use it, as ssh has it.
must_be_key() {
	local mode
	must_be_there "$1" "$2"
	mode=$(stat -L -c %a -- "$dir/$1") || die "cannot examine '$dir/$1'"
	[ $((8#$mode & 8#077)) -eq 0 ] ||
		say "Warning: other users can read or change '$dir/$1' (mode 0$mode): run chmod 600 on it"
}

# What a command needs that signs: the CA's certificate and its key.
must_be_ca() {
	must_be_there ca.cer "$self init makes it"
	must_be_key ca.key "$self init makes it"
	openssl x509 -in "$dir/ca.cer" -noout 2>/dev/null || die "$dir/ca.cer holds no certificate that can be read"
}
